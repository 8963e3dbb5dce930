// FULLY_CONNECTED of one row of int8 inputs: four output channels at a time.
//
// Why so: the inputs are widened to halfwords once, in the order that SXTB16 makes (taps 0 and 2, 1 and 3), and the host
// has put the weights in the same order, so that a multiplication needs no shuffling. Four accumulators share a load of
// four inputs; more would not leave registers for the weights. The bias is where the accumulators start. Weights are read
// once an inference, so reading them is what costs: packed8 reads half the bytes for one SXTB16 a word more.
//
// Where twice the inputs are too much RAM, each group of channels widens them anew as it reads them: two instructions more
// for the 16 products of a step, and no scratch.
//
// packed8 keeps two channels in a halfword, 256 * wB + wA. SXTB16 takes A out; the whole word used as it is accumulates
// 256 * B + A, and subtracting A at the end leaves exactly 256 * B, which the requantise takes as a gain of 8 bits.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import { loadFrom, type Lane } from '../requantize/emit.ts'
import type { Register } from '../thumb/operands.ts'
import { openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { prepareLayer, writeTaps, type PreparedLayer, type WeightedOptions } from './weighted.ts'

export interface FullyConnectedLayer {
  inputs: number
  outputs: number
  /** [outputs, inputs] */
  weights: Int8Array
  params: ConvolutionParams
}

export interface FullyConnectedOptions extends WeightedOptions {
  /** false: reads the inputs as they are, without scratch; their number has to be a multiple of 4 then */
  widensOnce?: boolean
}

/** Steps of four inputs without a branch. */
const UNROLLED_STEPS = 16

const WEIGHTS: Register[] = ['r2', 'r3', 'r4', 'r5']
const [EVEN, ODD, WIDENED, COUNTER] = ['r6', 'r7', 'r8', 'r9'] as const
const ACCUMULATORS: Register[] = ['r10', 'r11', 'r12', 'lr']
const FREE_AFTER_SUMS: Register[] = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8']

type Slot = 'output' | 'inputs' | 'end of weights'

/** Throws ACCUMULATOR_OVERFLOW, and INTERNAL where the inputs can't be read as they are. */
export function emitFullyConnected(layer: FullyConnectedLayer, options: FullyConnectedOptions = {}): EmittedKernel {
  const { inputs, outputs, weights, params } = layer
  const { widensOnce = true } = options
  requireFit(widensOnce || inputs % 4 === 0, 'fully connected')
  const rows = Array.from({ length: outputs }, (_, c) => weights.subarray(c * inputs, (c + 1) * inputs))
  const prepared = prepareLayer(params, rows, options)
  const steps = Math.ceil(inputs / 4)
  const writer = createConstantsWriter()
  const k = createAssembler()
  const frame = openFrame(k, ['output', 'inputs', 'end of weights'])
  const group: Group = { k, frame, layer: prepared, steps, readInputs: widensOnce ? readWidened : readAndWiden }
  const fours = Math.floor(outputs / 4)

  frame.store('r1', 'output')
  frame.store(widensOnce ? 'r2' : 'r0', 'inputs')
  if (widensOnce) emitWidenRow(k, inputs)
  k.mov('r0', 'r3')

  if (fours > 0) {
    for (let c = 0; c < fours * 4; c += 4) writeGroup(writer, prepared, [c, c + 1, c + 2, c + 3], steps)
    k.constant('r4', writer.byteLength)
    k.add('r4', 'r4', 'r0')
    frame.store('r4', 'end of weights')
    const top = k.here('four_channels')
    emitGroup(group, 4)
    if (fours > 1) {
      frame.load('r2', 'end of weights')
      k.cmp('r0', 'r2')
      k.bne(top)
    }
  }
  for (let c = fours * 4; c < outputs;) {
    const count = outputs - c >= 2 ? 2 : 1
    writeGroup(writer, prepared, count === 2 ? [c, c + 1] : [c], steps)
    emitGroup(group, count)
    c += count
  }
  frame.close()
  return {
    code: k.assemble(),
    constants: writer.finish(),
    scratchBytes: widensOnce ? steps * 8 : 0,
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
}

/** int8 at r0 to halfwords at r2, in the order of SXTB16. Uses r4 to r10. */
function emitWidenRow(k: Assembler, inputs: number): void {
  const eights = Math.floor(inputs / 8)
  k.comment('eight inputs to halfwords: 0 and 2, 1 and 3, 4 and 6, 5 and 7')
  if (eights > 0)
    k.loop(eights, 'r10', () => {
      k.ldm('r0!', ['r4', 'r5'])
      k.sxtb16('r6', 'r4')
      k.sxtb16('r7', 'r4', { ror: 8 })
      k.sxtb16('r8', 'r5')
      k.sxtb16('r9', 'r5', { ror: 8 })
      k.stm('r2!', ['r6', 'r7', 'r8', 'r9'])
    })
  // The rest byte by byte: a word would reach past the tensor. The last step's other halves meet weights of zero.
  const HALF_OF_TAP = [0, 4, 2, 6]
  for (let i = 0; i < inputs % 8; i++) {
    k.ldrsb('r4', 'r0', i)
    k.strh('r4', 'r2', (i >> 2) * 8 + HALF_OF_TAP[i & 3]!)
  }
}

function writeGroup(
  writer: ReturnType<typeof createConstantsWriter>,
  layer: PreparedLayer,
  channels: readonly number[],
  steps: number,
): void {
  writer.words(...layer.biases(channels))
  for (let step = 0; step < steps; step++) writeTaps(writer, layer, channels, step * 4, false)
  layer.requantize.write(writer, channels)
}

interface Group {
  k: Assembler
  frame: Frame<Slot>
  layer: PreparedLayer
  steps: number
  readInputs: ReadInputs
}

/** The next four inputs at r1 as halfwords in EVEN and ODD. */
type ReadInputs = (k: Assembler) => void

const readWidened: ReadInputs = (k) => k.ldm('r1!', [EVEN, ODD])

const readAndWiden: ReadInputs = (k) => {
  k.ldr(ODD, 'r1', { post: 4 })
  k.sxtb16(EVEN, ODD)
  k.sxtb16(ODD, ODD, { ror: 8 })
}

/** r0 reads the group's constants and moves on. */
function emitGroup({ k, frame, layer, steps, readInputs }: Group, channels: 1 | 2 | 4): void {
  const accumulators = ACCUMULATORS.slice(0, channels)
  const isPacked = layer.form === 'packed8' && channels > 1
  frame.load('r1', 'inputs')
  k.comment('sums start at the biases')
  if (channels === 1) k.ldr(accumulators[0], 'r0', { post: 4 })
  else k.ldm('r0!', accumulators)

  const unrolled = Math.min(steps, UNROLLED_STEPS)
  const rounds = Math.floor(steps / unrolled)
  const multiply = isPacked ? emitPackedProducts : emitProducts
  const step = () => {
    readInputs(k)
    multiply(k, accumulators)
  }
  k.loop(rounds, COUNTER, () => {
    for (let i = 0; i < unrolled; i++) step()
  })
  for (let i = rounds * unrolled; i < steps; i++) step()

  if (isPacked) for (let i = 0; i < channels; i += 2) k.sub(accumulators[i + 1], accumulators[i + 1], accumulators[i])
  const lanes = accumulators.map((accumulator, channel): Lane => ({
    ...{ accumulator, channel, gain: isPacked ? layer.gainOf(channel) : 0 },
  }))
  layer.requantize.emit(k, lanes, channels, loadFrom(k, 'r0'), FREE_AFTER_SUMS)
  frame.load(COUNTER, 'output')
  for (const [i, accumulator] of accumulators.entries()) if (i > 0) k.strb(accumulator, COUNTER, i)
  k.strb(accumulators[0], COUNTER, { post: channels })
  frame.store(COUNTER, 'output')
}

/** Four inputs with one, two or four channels' halfword weights. */
function emitProducts(k: Assembler, accumulators: readonly Register[]): void {
  const count = accumulators.length
  const multiply = (weights: readonly Register[], input: Register) => {
    for (const [i, accumulator] of accumulators.entries()) k.smlad(accumulator, weights[i], input, accumulator)
  }
  if (count === 4) {
    k.ldm('r0!', WEIGHTS)
    multiply(WEIGHTS, EVEN)
    k.ldm('r0!', WEIGHTS)
    multiply(WEIGHTS, ODD)
  } else {
    k.ldm('r0!', WEIGHTS.slice(0, 2 * count))
    multiply(WEIGHTS, EVEN)
    multiply(WEIGHTS.slice(count), ODD)
  }
}

/** Four inputs with two or four channels' packed weights. */
function emitPackedProducts(k: Assembler, accumulators: readonly Register[]): void {
  const words = WEIGHTS.slice(0, accumulators.length)
  k.ldm('r0!', words)
  for (const [i, word] of words.entries()) {
    const input = i % 2 === 0 ? EVEN : ODD
    const [first, second] = [accumulators[i & ~1], accumulators[i | 1]]
    k.sxtb16(WIDENED, word)
    k.smlad(second, word, input, second)
    k.smlad(first, WIDENED, input, first)
  }
}
