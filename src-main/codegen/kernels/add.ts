// ADD of two int8 tensors of one shape. r2 is the second input; there is no scratch.
//
// Eight elements a round: two masks bring four elements into the upper bytes of halfwords, which SMLAWB and SMLAWT take, so that
// an element is two multiplications, one saturation and a store (sum-of-two.ts). Where no constants are proved, TFLite's own way
// is gone: each operand's rescaling looked up, and a requantise of the sum.

import type { AddParams } from '../../ir/quantized-params.ts'
import { createAssembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import { emitClamp, requantizeCode } from '../requantize/emit.ts'
import { planRequantize } from '../requantize/plan.ts'
import { findSumConstants, OPERAND_SHIFT, rescaledOperand, type SumConstants } from '../requantize/sum-of-two.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant, openFrame, type EmittedKernel } from './kernel.ts'

export interface AddLayer {
  elements: number
  params: AddParams
}

/** `proved`: false takes the way by tables. Throws ACCUMULATOR_OVERFLOW. */
export function emitAdd(layer: AddLayer, { proved = true }: { proved?: boolean } = {}): EmittedKernel {
  const constants = proved ? findSumConstants(layer.params) : undefined
  return constants === undefined ? emitByTables(layer) : emitBySums(layer, constants)
}

function emitBySums({ elements, params }: AddLayer, { first, second, offset, shift }: SumConstants): EmittedKernel {
  const k = createAssembler()
  const frame = openFrame(k, [])
  const r = k.registers({
    ...{ a: 'r0', output: 'r1', ratioA: 'r2', ratioB: 'r3', offset: 'r4', b: 'r5', mask: 'r6' },
    ...{ sum: 'r10', counter: 'r11' },
  })
  k.mov(r.b, 'r2')
  k.constant(r.ratioA, first)
  k.constant(r.ratioB, second)
  k.constant(r.offset, offset)
  k.constant(r.mask, 0xff00ff00)
  const finish = () => {
    k.ssat(r.sum, 8, r.sum, { asr: shift })
    emitClamp(k, [{ accumulator: r.sum }], params)
    k.strb(r.sum, r.output, { post: 1 })
  }
  const element = (half: 'smlawb' | 'smlawt', a: Register, b: Register) => {
    k[half](r.sum, r.ratioA, a, r.offset)
    k[half](r.sum, r.ratioB, b, r.sum)
    finish()
  }
  /** Elements 0 and 2 of a word go to the upper bytes of one register's halfwords, 1 and 3 stay in those of the other. */
  const fourElements = () => {
    k.comment('neighbouring loads share their address phase')
    k.ldr('r12', r.a, { post: 4 })
    k.ldr('lr', r.b, { post: 4 })
    k.and('r8', r.mask, 'r12', { lsl: OPERAND_SHIFT })
    k.and('r9', r.mask, 'lr', { lsl: OPERAND_SHIFT })
    k.and('r12', 'r12', r.mask)
    k.and('lr', 'lr', r.mask)
    element('smlawb', 'r8', 'r9')
    element('smlawb', 'r12', 'lr')
    element('smlawt', 'r8', 'r9')
    element('smlawt', 'r12', 'lr')
  }
  const rounds = elements >> 3
  if (rounds > 0)
    k.loop(rounds, r.counter, () => {
      fourElements()
      fourElements()
    })
  for (let i = 0; i < elements % 8; i++) {
    k.ldrsb('r8', r.a, i)
    k.ldrsb('r9', r.b, i)
    k.lsl('r8', 'r8', OPERAND_SHIFT)
    k.lsl('r9', 'r9', OPERAND_SHIFT)
    element('smlawb', 'r8', 'r9')
  }
  frame.close()
  return {
    ...{ code: k.assemble(), constants: new Uint8Array(0), scratchBytes: 0, stackBytes: frame.bytes },
    requantize: undefined,
  }
}

const TABLE_BYTES = 1024

function emitByTables({ elements, params }: AddLayer): EmittedKernel {
  const [first, second] = [rescaledOperand(params, 0), rescaledOperand(params, 1)]
  const { multiplier, shift } = params.outputMultiplier
  const requantizer = {
    ...{
      multipliers: Int32Array.of(multiplier),
      shifts: Int32Array.of(shift),
      outputZeroPoint: params.outputZeroPoint,
    },
    ...{ activationMin: params.activationMin, activationMax: params.activationMax },
  }
  // Rescaling keeps the order: the extremes belong to -128 and 127.
  const reachable = { min: first[0]! + second[0]!, max: first[255]! + second[255]! }
  const plan = planRequantize(requantizer, [reachable], [0])
  const requantize = requantizeCode(plan, requantizer, false)
  // Looked up by the operand's byte without its sign: -128 comes behind 127.
  const writer = createConstantsWriter()
  const addend = requantize.addend(0)
  for (const table of [first.map((value) => value + addend), second])
    writer.words(...table.subarray(128), ...table.subarray(0, 128))
  requantize.write(writer, [0])

  const k = createAssembler()
  const frame = openFrame(k, ['elements left'])
  const r = k.registers({ a: 'r0', output: 'r1', b: 'r2', tableB: 'r10', constants: 'r11', sum: 'r12', tableA: 'lr' })
  k.mov(r.tableA, 'r3')
  addConstant(k, r.tableB, r.tableA, TABLE_BYTES, 'r4')
  addConstant(k, r.constants, r.tableB, TABLE_BYTES, 'r4')
  k.constant('r4', elements)
  const top = k.here('element')
  frame.store('r4', 'elements left')
  k.ldrb('r4', r.a, { post: 1 })
  k.ldrb('r5', r.b, { post: 1 })
  k.ldr(r.sum, r.tableA, { index: 'r4', lsl: 2 })
  k.ldr('r5', r.tableB, { index: 'r5', lsl: 2 })
  k.add(r.sum, r.sum, 'r5')
  const lane = { accumulator: r.sum, channel: 0, gain: 0 }
  const load = (registers: readonly Register[]) => k.ldm(r.constants, registers)
  requantize.emit(k, [lane], 1, load, ['r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9'])
  k.strb(r.sum, r.output, { post: 1 })
  frame.load('r4', 'elements left')
  k.subs('r4', 'r4', 1)
  k.bne(top)
  frame.close()
  return {
    ...{ code: k.assemble(), constants: writer.finish(), scratchBytes: 0, stackBytes: frame.bytes },
    requantize: plan.form,
  }
}
