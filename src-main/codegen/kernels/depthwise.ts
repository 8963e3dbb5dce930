// DEPTHWISE_CONV_2D 3x3 of stride 1 or 2: each channel in turn is gathered into one plane of halfwords in scratch, with its
// border around it (planar.ts), so that no tap has to ask where it is, and becomes that channel of the output.
//
// A channel's outputs depend on nothing but the plane, and lie in places that only this channel has in the input, if at all:
// the output may be where the input is. The border is filled once.
//
// Why planar: SMLAD multiplies neighbouring halfwords, and neighbours along a row are what a window holds. Weights stay in
// registers for a whole plane. Stride 1 makes 2x2 outputs at a time: two LDRDs bring a row's four values, which meet the
// pairs (w0, w1) and (w1, w2); what the odd outputs need lies across two words, and SMLATB and SMLABT reach it. Stride 2
// keeps the column that the next window shares. The bias is the first addend. The output is NHWC int8, for the pointwise
// convolution that follows.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import type { Lane } from '../requantize/emit.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { emitBorder, emitGatherPlane, planeBytes, type PlanarLayout } from './planar.ts'
import { prepareLayer, type PreparedLayer, type WeightedOptions } from './weighted.ts'

export interface DepthwiseLayer {
  planes: PlanarLayout
  channels: number
  inputHeight: number
  inputWidth: number
  outputHeight: number
  outputWidth: number
  stride: 1 | 2
  /** [3, 3, channels] */
  weights: Int8Array
  params: ConvolutionParams
}

/** What the offsets of LDRD and STRB reach. Multipliers above 1, other windows and dilation are for others to do. */
export function fitsDepthwise({ planes, channels, outputWidth, stride }: DepthwiseLayer): boolean {
  const farthestInput = 3 * planes.pitch * 2 + 4 * MOST_UNROLLED
  const farthestOutput = (stride === 1 ? outputWidth + 2 * MOST_UNROLLED + 1 : MOST_UNROLLED) * channels
  return farthestInput <= 1020 && farthestOutput < 4096
}

/** Pairs of outputs (stride 1) or outputs (stride 2) of a row without a branch. */
const MOST_UNROLLED = 12

type Slot = (typeof SLOTS)[number] | Constant
const SLOTS = [
  ...(['input', 'plane', 'output', 'constants', 'weights'] as const),
  ...(['channels left', 'rows left', 'rounds left', 'bias'] as const),
] as const
type Constant = 'q0' | 'q1' | 'q2' | 'q3' | 'q4'
const CONSTANTS: readonly Constant[] = ['q0', 'q1', 'q2', 'q3', 'q4']
const ALL_FREE: Register[] = ['r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']

/** The layer has to pass `fitsDepthwise` (INTERNAL otherwise). Throws ACCUMULATOR_OVERFLOW. */
export function emitDepthwise(layer: DepthwiseLayer, options: Pick<WeightedOptions, 'requantize'> = {}): EmittedKernel {
  const { channels, weights, params, stride, planes, outputHeight, inputHeight, inputWidth } = layer
  requireFit(fitsDepthwise(layer), 'depthwise')
  const taps = Array.from({ length: channels }, (_, c) =>
    Int8Array.from({ length: 9 }, (_, i) => weights[i * channels + c]!),
  )
  const prepared = prepareLayer(params, taps, options)
  const k = createAssembler()
  const frame = openFrame<Slot>(k, [...SLOTS, ...CONSTANTS])
  const row: RowEmitter = { k, frame, layer, prepared }

  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'plane')
  frame.store('r3', 'constants')
  k.constant('r4', channels)
  frame.store('r4', 'channels left')
  emitBorder(k, 'r2', planeBytes(planes), params.inputZeroPoint, 'r8')
  const channel = k.here('channel')
  frame.load('r0', 'input')
  frame.load('r1', 'plane')
  emitGatherPlane(k, { height: inputHeight, width: inputWidth, channels }, planes)
  emitChannelStart(row)
  const atOnce = stride === 1 ? 2 : 1
  const passes = Math.floor(outputHeight / atOnce)
  if (passes > 0) {
    k.constant('r10', passes)
    const top = k.here('rows')
    frame.store('r10', 'rows left')
    if (stride === 1) emitRows(row, 2)
    else emitStridedRow(row)
    frame.load('r10', 'rows left')
    k.subs('r10', 'r10', 1)
    k.bne(top)
  }
  if (passes * atOnce < outputHeight) emitRows(row, 1)

  k.comment('the next channel')
  frame.load('r0', 'input')
  k.add('r0', 'r0', 1)
  frame.store('r0', 'input')
  frame.load('r1', 'output')
  k.add('r1', 'r1', 1)
  frame.store('r1', 'output')
  frame.load('r10', 'channels left')
  k.subs('r10', 'r10', 1)
  frame.store('r10', 'channels left')
  k.bne(channel)
  frame.close()
  return {
    code: k.assemble(),
    constants: constantsOf(row),
    scratchBytes: planeBytes(planes),
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
}

interface RowEmitter {
  k: Assembler
  frame: Frame<Slot>
  layer: DepthwiseLayer
  prepared: PreparedLayer
}

/** For each channel its weights in pairs, its bias, and its requantise. */
function constantsOf({ layer, prepared }: RowEmitter): Uint8Array {
  const writer = createConstantsWriter()
  const factor = prepared.requantize.weightFactor
  for (let c = 0; c < layer.channels; c++) {
    const weight = (row: number, column: number) => factor * prepared.weightsOf(c)[row * 3 + column]!
    for (let y = 0; y < 3; y++) {
      writer.pair(weight(y, 0), weight(y, 1))
      if (layer.stride === 1) writer.pair(weight(y, 1), weight(y, 2))
    }
    if (layer.stride === 2) {
      writer.pair(weight(0, 2), weight(1, 2))
      writer.pair(weight(2, 2), 0)
    }
    writer.words(...prepared.biases([c]))
    prepared.requantize.write(writer, [c])
  }
  return writer.finish()
}

/** Weights to r2 … r7 (stride 2: r2 … r6, and its bias to r7), the rest to the frame; r0 plane, r1 output. */
function emitChannelStart({ k, frame, layer, prepared }: RowEmitter): void {
  k.comment('weights of the channel')
  frame.load('r0', 'constants')
  frame.store('r0', 'weights')
  k.ldm('r0!', ['r2', 'r3', 'r4', 'r5', 'r6', 'r7'])
  if (layer.stride === 1) {
    k.ldr('r8', 'r0', { post: 4 })
    frame.store('r8', 'bias')
  }
  for (const slot of CONSTANTS.slice(0, prepared.requantize.wordsPerChannel)) {
    k.ldr('r8', 'r0', { post: 4 })
    frame.store('r8', slot)
  }
  frame.store('r0', 'constants')
  if (keepsConstants(layer, prepared)) k.ldrd('r8', 'r9', 'sp', frame.offset('q0'))
  frame.load('r0', 'plane')
  frame.load('r1', 'output')
}

/** Stride 2 has two registers to spare, which hold multiplier and rounding for a whole plane. */
const keepsConstants = ({ stride }: DepthwiseLayer, { requantizeForm }: PreparedLayer) =>
  stride === 2 && requantizeForm === 'clamped'

/** The sums of one or two rows and columns become int8. Weights are read again where the requantise needs their registers. */
function emitRequantize({ k, frame, layer, prepared }: RowEmitter, sums: readonly Register[]): void {
  const lanes = sums.map((accumulator): Lane => ({ accumulator, channel: 0, gain: 0 }))
  const isClamped = prepared.requantizeForm === 'clamped'
  const load = (registers: readonly Register[]) => {
    if (keepsConstants(layer, prepared)) return
    for (const [i, register] of registers.entries()) {
      const next = registers[i + 1]
      const offset = frame.offset(CONSTANTS[i]!)
      if (i % 2 === 0 && next !== undefined) k.ldrd(register, next, 'sp', offset)
      else if (i % 2 === 0) k.ldr(register, 'sp', offset)
    }
  }
  prepared.requantize.emit(k, lanes, 1, load, isClamped ? ['r8', 'r9'] : ALL_FREE)
  if (isClamped) return
  frame.load('r8', 'weights')
  k.ldm('r8', ['r2', 'r3', 'r4', 'r5', 'r6', 'r7'])
}

/** A row of tiles, unrolled as far as is sensible; moves both pointers to the next rows. */
function emitTiles(
  { k, frame, layer }: RowEmitter,
  { tiles, inputStep, outputStep, inputAdvance, outputAdvance, first, last }: Tiles,
  tile: (input: number, output: number) => void,
): void {
  // Stride 1 has r8 free between tiles, stride 2 the sum's register.
  const temporary = layer.stride === 1 ? 'r8' : 'lr'
  const unrolled = Math.min(tiles, MOST_UNROLLED)
  const rounds = tiles <= MOST_UNROLLED ? 0 : Math.floor(tiles / MOST_UNROLLED)
  first?.()
  if (rounds > 0) {
    k.constant(temporary, rounds)
    const top = k.here('tiles')
    frame.store(temporary, 'rounds left')
    for (let i = 0; i < unrolled; i++) tile(i * inputStep, i * outputStep)
    addConstant(k, 'r0', 'r0', unrolled * inputStep, temporary)
    addConstant(k, 'r1', 'r1', unrolled * outputStep, temporary)
    frame.load(temporary, 'rounds left')
    k.subs(temporary, temporary, 1)
    k.bne(top)
  }
  const rest = tiles - rounds * unrolled
  for (let i = 0; i < rest; i++) tile(i * inputStep, i * outputStep)
  last?.(rest * inputStep, rest * outputStep)
  const done = rounds * unrolled
  addConstant(k, 'r0', 'r0', inputAdvance * layer.planes.pitch * 2 - done * inputStep, temporary)
  addConstant(k, 'r1', 'r1', outputAdvance * layer.outputWidth * layer.channels - done * outputStep, temporary)
}

interface Tiles {
  tiles: number
  inputStep: number
  outputStep: number
  /** rows from this pass to the next */
  inputAdvance: number
  outputAdvance: number
  first?: () => void
  last?: (input: number, output: number) => void
}

/** Stride 1: one or two rows of outputs, two columns at a time. */
function emitRows(row: RowEmitter, rows: 1 | 2): void {
  const { outputWidth, channels } = row.layer
  emitTiles(
    row,
    {
      ...{ tiles: outputWidth >> 1, inputStep: 4, outputStep: 2 * channels, inputAdvance: rows, outputAdvance: rows },
      last: outputWidth % 2 === 1 ? (input, output) => emitTile(row, rows, 1, input, output) : undefined,
    },
    (input, output) => emitTile(row, rows, 2, input, output),
  )
}

const WEIGHT_PAIRS = [
  ['r2', 'r3'],
  ['r4', 'r5'],
  ['r6', 'r7'],
] as const
const SUMS = [
  ['r10', 'r11'],
  ['r12', 'lr'],
] as const

function emitTile(row: RowEmitter, rows: 1 | 2, columns: 1 | 2, input: number, output: number): void {
  const { k, frame, layer } = row
  // The last sum that is started holds the bias until then.
  const bias = rows === 2 ? 'lr' : 'r11'
  frame.load(bias, 'bias')
  for (let y = 0; y < rows + 2; y++) {
    k.ldrd('r8', 'r9', 'r0', y * layer.planes.pitch * 2 + input)
    for (let out = 0; out < rows; out++) {
      const [w01, w12] = WEIGHT_PAIRS[y - out] ?? []
      if (w01 === undefined) continue
      const [even, odd] = SUMS[out]!
      const isFirst = y === out
      k.smlad(even, 'r8', w01, isFirst ? bias : even)
      if (columns === 2) k.smlatb(odd, 'r8', w01, isFirst ? bias : odd)
      k.smlabt(even, 'r9', w12, even)
      if (columns === 2) k.smlad(odd, 'r9', w12, odd)
    }
  }
  const used = SUMS.slice(0, rows).map((pair) => pair.slice(0, columns))
  emitRequantize(row, used.flat())
  for (const [y, pair] of used.entries())
    for (const [x, sum] of pair.entries()) k.strb(sum, 'r1', output + (y * layer.outputWidth + x) * layer.channels)
}

/** Stride 2: one row of outputs. r10, r11, r12 hold the window's left columns; the right one is the next window's left. */
function emitStridedRow(row: RowEmitter): void {
  const { k, layer } = row
  const pitch = layer.planes.pitch * 2
  const load = (input: number) => {
    for (const [y, register] of (['r10', 'r11', 'r12'] as const).entries()) k.ldr(register, 'r0', y * pitch + input)
  }
  emitTiles(
    row,
    {
      ...{ tiles: layer.outputWidth, inputStep: 4, outputStep: layer.channels, inputAdvance: 2, outputAdvance: 1 },
      first: () => load(0),
    },
    (input, output) => {
      k.smlad('lr', 'r10', 'r2', 'r7')
      k.smlad('lr', 'r11', 'r3', 'lr')
      k.smlad('lr', 'r12', 'r4', 'lr')
      load(input + 4)
      k.smlabb('lr', 'r10', 'r5', 'lr')
      k.smlabt('lr', 'r11', 'r5', 'lr')
      k.smlabb('lr', 'r12', 'r6', 'lr')
      emitRequantize(row, ['lr'])
      k.strb('lr', 'r1', output)
    },
  )
}
