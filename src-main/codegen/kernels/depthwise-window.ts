// DEPTHWISE_CONV_2D of any window, stride, dilation and multiplier, on one plane of halfwords at a time as depthwise.ts has it.
//
// Four outputs of a row at a time share each pair of weights. Neighbouring taps are a word of the plane, aligned or not, so
// that SMLAD takes two; with a stride of 1 an output's next word is the one that the output two columns on has just used, and
// only two of four are loaded. Taps of a dilated window are not neighbours: SMLABB and SMLABT take them one by one.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import type { WindowGeometry } from '../../ir/shapes.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import type { Lane, LoadConstants } from '../requantize/emit.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { emitBorder, emitGatherPlane, planeBytes, type PlanarLayout } from './planar.ts'
import { prepareLayer, type PreparedLayer, type WeightedOptions } from './weighted.ts'

export interface DepthwiseWindowLayer {
  /** of one batch */
  geometry: WindowGeometry
  /** [filterH, filterW, outputC] */
  weights: Int8Array
  params: ConvolutionParams
}

const SLOTS = [
  ...(['input', 'plane', 'output', 'constants', 'channels left', 'outputs left', 'rows left', 'rounds left'] as const),
] as const
type Slot = (typeof SLOTS)[number]

/** Outputs at a time. */
const ABREAST = 4
/** Beyond this the code of a window takes more flash than it is worth. */
const MOST_PAIRS = 64
const FARTHEST_LOAD = 4095
/** Steps through a plane are constants that no literal pool is needed for. */
const MOST_PLANE_BYTES = 65535

const pairsInRow = ({ filterW }: WindowGeometry) => Math.ceil(filterW / 2)

/** The last pair of an odd row reads a column beyond the window. */
function windowLayout(g: WindowGeometry): PlanarLayout {
  const columns = (g.outputW - 1) * g.strideW + (pairsInRow(g) * 2 - 1) * g.dilationW + 1
  return {
    ...{ rows: (g.outputH - 1) * g.strideH + (g.filterH - 1) * g.dilationH + 1, pitch: (columns + 1) & ~1 },
    ...{ top: g.padTop, left: g.padLeft },
  }
}

export function fitsDepthwiseWindow({ geometry: g }: DepthwiseWindowLayer): boolean {
  const layout = windowLayout(g)
  const column = (2 * pairsInRow(g) - 1) * g.dilationW + (ABREAST - 1) * g.strideW
  const farthest = ((g.filterH - 1) * g.dilationH * layout.pitch + column) * 2
  return (
    g.batches === 1 &&
    g.filterH * pairsInRow(g) <= MOST_PAIRS &&
    Math.max(farthest, ABREAST * g.outputC) <= FARTHEST_LOAD &&
    planeBytes(layout) <= MOST_PLANE_BYTES
  )
}

/** The layer has to pass `fitsDepthwiseWindow` (INTERNAL otherwise). Throws ACCUMULATOR_OVERFLOW. */
export function emitDepthwiseWindow(
  layer: DepthwiseWindowLayer,
  options: Pick<WeightedOptions, 'requantize'> = {},
): EmittedKernel {
  const { geometry: g, weights, params } = layer
  requireFit(fitsDepthwiseWindow(layer), 'depthwise window')
  const taps = Array.from({ length: g.outputC }, (_, c) =>
    Int8Array.from({ length: g.filterH * g.filterW }, (_tap, i) => weights[i * g.outputC + c]!),
  )
  const prepared = prepareLayer(params, taps, options)
  const layout = windowLayout(g)
  const multiplier = g.outputC / g.inputC

  const k = createAssembler()
  const frame = openFrame<Slot>(k, SLOTS)
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'plane')
  frame.store('r3', 'constants')
  k.constant('r4', g.inputC)
  frame.store('r4', 'channels left')
  emitBorder(k, 'r2', planeBytes(layout), params.inputZeroPoint, 'r8')
  const channel = k.here('channel')
  frame.load('r0', 'input')
  frame.load('r1', 'plane')
  emitGatherPlane(k, { height: g.inputH, width: g.inputW, channels: g.inputC }, layout)
  if (multiplier > 1) k.constant('r4', multiplier)
  const output = k.here('output_channel')
  if (multiplier > 1) frame.store('r4', 'outputs left')
  emitPlane({ k, frame, geometry: g, prepared })
  frame.load('r1', 'output')
  k.add('r1', 'r1', 1)
  frame.store('r1', 'output')
  if (multiplier > 1) {
    frame.load('r4', 'outputs left')
    k.subs('r4', 'r4', 1)
    k.bne(output)
  }
  frame.load('r0', 'input')
  k.add('r0', 'r0', 1)
  frame.store('r0', 'input')
  frame.load('r4', 'channels left')
  k.subs('r4', 'r4', 1)
  frame.store('r4', 'channels left')
  k.bne(channel)
  frame.close()
  return {
    code: k.assemble(),
    constants: constantsOf(g, prepared),
    scratchBytes: planeBytes(layout),
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
}

/** For each channel its weights in pairs, row by row, its bias, and its requantise. */
function constantsOf(g: WindowGeometry, prepared: PreparedLayer): Uint8Array {
  const writer = createConstantsWriter()
  const factor = prepared.requantize.weightFactor
  for (let c = 0; c < g.outputC; c++) {
    const weight = (row: number, column: number) =>
      column < g.filterW ? factor * prepared.weightsOf(c)[row * g.filterW + column]! : 0
    for (let y = 0; y < g.filterH; y++)
      for (let x = 0; x < g.filterW; x += 2) writer.pair(weight(y, x), weight(y, x + 1))
    writer.words(...prepared.biases([c]))
    prepared.requantize.write(writer, [c])
  }
  return writer.finish()
}

interface WindowEmitter {
  k: Assembler
  frame: Frame<Slot>
  geometry: WindowGeometry
  prepared: PreparedLayer
}

const WEIGHTS = 'r2'
const WEIGHT = 'r3'
const VALUES: readonly Register[] = ['r4', 'r5', 'r6', 'r7']
const SUMS: readonly Register[] = ['r10', 'r11', 'r12', 'lr']
const FREE_AFTER_SUMS: Register[] = ['r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']

/** All outputs of the plane at `plane` for the channel whose constants are next. Uses every register. */
function emitPlane(emitter: WindowEmitter): void {
  const { k, frame, geometry: g, prepared } = emitter
  const { pitch } = windowLayout(g)
  const rounds = Math.floor(g.outputW / ABREAST)
  const rest = g.outputW % ABREAST
  frame.load('r0', 'plane')
  frame.load('r1', 'output')
  frame.load(WEIGHTS, 'constants')
  k.constant('r3', g.outputH)
  const row = k.here('row')
  frame.store('r3', 'rows left')
  if (rounds > 0) {
    k.constant('r3', rounds)
    const top = k.here('four_outputs')
    if (rounds > 1) frame.store('r3', 'rounds left')
    emitOutputs(emitter, pitch, ABREAST)
    addConstant(k, 'r0', 'r0', ABREAST * g.strideW * 2, 'r3')
    addConstant(k, 'r1', 'r1', ABREAST * g.outputC, 'r3')
    if (rounds > 1) {
      frame.load('r3', 'rounds left')
      k.subs('r3', 'r3', 1)
      k.bne(top)
    }
  }
  if (rest > 0) emitOutputs(emitter, pitch, rest)
  addConstant(k, 'r0', 'r0', (g.strideH * pitch - rounds * ABREAST * g.strideW) * 2, 'r3')
  addConstant(k, 'r1', 'r1', rest * g.outputC, 'r3')
  frame.load('r3', 'rows left')
  k.subs('r3', 'r3', 1)
  k.bne(row)
  const words = g.filterH * pairsInRow(g) + 1 + prepared.requantize.wordsPerChannel
  addConstant(k, WEIGHTS, WEIGHTS, words * 4, 'r3')
  frame.store(WEIGHTS, 'constants')
}

/** `count` neighbouring outputs. */
function emitOutputs({ k, geometry: g, prepared }: WindowEmitter, pitch: number, count: number): void {
  const sums = SUMS.slice(0, count)
  const bias = sums.at(-1)!
  const biasAt = g.filterH * pairsInRow(g) * 4
  k.ldr(bias, WEIGHTS, biasAt)
  let isFirst = true
  const addendOf = (sum: Register) => (isFirst ? bias : sum)
  for (let y = 0; y < g.filterH; y++) {
    let values = VALUES.slice(0, count)
    for (let pair = 0; pair < pairsInRow(g); pair++) {
      const at = (output: number, tap: number) =>
        (y * g.dilationH * pitch + (2 * pair + tap) * g.dilationW + output * g.strideW) * 2
      k.ldr(WEIGHT, WEIGHTS, (y * pairsInRow(g) + pair) * 4)
      if (g.dilationW === 1) {
        const kept = g.strideW === 1 && pair > 0 ? Math.max(0, count - 2) : 0
        if (kept > 0) values = [...values.slice(-kept), ...values.slice(0, count - kept)]
        for (let o = kept; o < count; o++) k.ldr(values[o], 'r0', at(o, 0))
        for (const [o, sum] of sums.entries()) k.smlad(sum, values[o], WEIGHT, addendOf(sum))
        isFirst = false
      } else
        for (let tap = 0; tap < 2 && 2 * pair + tap < g.filterW; tap++) {
          for (const [o, value] of values.entries()) k.ldrsh(value, 'r0', at(o, tap))
          for (const [o, sum] of sums.entries())
            k[tap === 0 ? 'smlabb' : 'smlabt'](sum, values[o], WEIGHT, addendOf(sum))
          isFirst = false
        }
    }
  }
  const lanes = sums.map((accumulator): Lane => ({ accumulator, channel: 0, gain: 0 }))
  const load: LoadConstants = (registers) => {
    for (const [i, register] of registers.entries()) k.ldr(register, WEIGHTS, biasAt + 4 + i * 4)
  }
  prepared.requantize.emit(k, lanes, 1, load, FREE_AFTER_SUMS)
  for (const [o, sum] of sums.entries()) k.strb(sum, 'r1', o * g.outputC)
}
