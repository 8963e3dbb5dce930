// What pool.ts makes of a window's sums or maxima, and where it puts it.

import type { ActivationRange } from '../../ir/quantized-params.ts'
import type { WindowGeometry } from '../../ir/shapes.ts'
import type { Assembler } from '../assembler.ts'
import type { ConstantsWriter } from '../constants.ts'
import { emitClamp, requantizeCode, type Lane, type RequantizeCode } from '../requantize/emit.ts'
import { planRequantize, type RequantizeForm, type Requantizer } from '../requantize/plan.ts'
import type { Register } from '../thumb/operands.ts'
import type { Frame } from './kernel.ts'

/** A window's largest value, its average rounded half away from zero, or its sum through a requantise. */
export type PoolResult =
  | { kind: 'maximum' | 'average'; range: ActivationRange }
  | { kind: 'mean'; requantizer: Requantizer; inputZeroPoint: number }

export interface PreparedPool {
  kind: PoolResult['kind']
  /** what a sum or a maximum begins with */
  start: number
  range: ActivationRange
  requantize: RequantizeCode | undefined
  requantizeForm: RequantizeForm | undefined
}

/** Writes the requantise's constants where there is one. Throws ACCUMULATOR_OVERFLOW. */
export function preparePool(result: PoolResult, g: WindowGeometry, writer: ConstantsWriter): PreparedPool {
  if (result.kind !== 'mean') {
    const { kind, range } = result
    // A maximum that begins with the lower bound needs no other clamp there.
    const start = kind === 'maximum' ? range.activationMin : 0
    return { kind, start, range, requantize: undefined, requantizeForm: undefined }
  }
  const { requantizer, inputZeroPoint } = result
  const count = g.filterH * g.filterW
  const reachable = { min: count * (-128 - inputZeroPoint), max: count * (127 - inputZeroPoint) }
  const plan = planRequantize(requantizer, [reachable], [0])
  const requantize = requantizeCode(plan, requantizer, false)
  requantize.write(writer, [0])
  return {
    ...{ kind: 'mean', start: requantize.addend(0) - count * inputZeroPoint, range: requantizer },
    ...{ requantize, requantizeForm: plan.form },
  }
}

/** Free once a window is read; the requantise's come in rising order. */
const FREE: Register[] = ['r0', 'r1', 'r2', 'r3', 'r8', 'r9', 'r10']

/** Sums of one channel or four, or the maximum of one channel, or four in the bytes of r4, to the output, which moves on. */
export function emitFinish(
  k: Assembler,
  frame: Frame<'output' | 'constants' | 'count'>,
  { kind, range, requantize }: PreparedPool,
  sums: readonly Register[],
): void {
  const isWord = kind === 'maximum' && sums.length === 4
  const lanes = sums.map((accumulator): Lane => ({ accumulator, channel: 0, gain: 0 }))
  if (isWord) emitUpperBound(k, range)
  else if (requantize !== undefined) {
    frame.load('r11', 'constants')
    requantize.emit(k, lanes, 1, (registers) => k.ldm('r11', registers), FREE)
  } else {
    if (kind === 'average') emitDivide(k, frame, sums)
    emitClamp(k, lanes, range)
  }
  frame.load('r0', 'output')
  if (isWord) k.str(sums[0], 'r0')
  else for (const [i, sum] of sums.entries()) k.strb(sum, 'r0', i)
  k.add('r0', 'r0', sums.length)
  frame.store('r0', 'output')
}

/** Four maxima against the activation's upper bound. */
function emitUpperBound(k: Assembler, { activationMax }: ActivationRange): void {
  if (activationMax === 127) return
  k.constant('r5', Math.imul(activationMax & 0xff, 0x01010101))
  k.ssub8('r6', 'r4', 'r5')
  k.sel('r4', 'r5', 'r4')
}

/** Half of the count is added away from zero, and SDIV cuts towards it. */
function emitDivide(k: Assembler, frame: Frame<'count'>, sums: readonly Register[]): void {
  frame.load('r0', 'count')
  k.lsr('r1', 'r0', 1)
  for (const sum of sums) {
    k.cmp(sum, 0)
    k.it(
      'gt',
      () => k.add(sum, sum, 'r1'),
      () => k.sub(sum, sum, 'r1'),
    )
    k.sdiv(sum, sum, 'r0')
  }
}
