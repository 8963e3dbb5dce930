// The inner block of pointwise and direct convolution: the sums of two output channels at two pixels.
//
// Why 2x2: SMLAD multiplies two pairs of halfwords, so the loads decide. Four taps of two channels and two pixels are eight
// words, two LDMs, for eight SMLADs: 10 instructions for 16 products. Of the 14 registers there are, 4 are accumulators, 8
// hold those words and 2 point to them; no other block that fits loads less for a product. Taps are in the order of SXTB16
// (0 and 2, 1 and 3), which the pixels were widened to and the host has put the weights in. The bias is the first SMLAD's
// addend, so the sums need no clearing.
//
// packed8 weights, two channels in a halfword, save half of the flash for two SXTB16 every four taps; see fully-connected.ts.

import type { Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import { loadFrom, type Lane } from '../requantize/emit.ts'
import type { Register } from '../thumb/operands.ts'
import type { Frame } from './kernel.ts'
import { writeTaps, type PreparedLayer } from './weighted.ts'

/**
 * Frame slots that the block needs: where the first pixel's outputs go, where the pair of pixels and the weights are.
 */
export const BLOCK_SLOTS = ['output', 'pixels', 'weights', 'end of weights', 'steps left'] as const
type BlockSlot = (typeof BLOCK_SLOTS)[number]

/** Steps of four taps without a branch, and in a round of the loop where there are more. */
const MOST_UNROLLED = 36
const UNROLLED_IN_LOOP = 16
/** a step of a pair of pixels in scratch: four halfwords of each */
export const STEP_BYTES = 16
/** bytes from the first pixel's values of a step to the second's */
export const SECOND_PIXEL = 8

export const [WEIGHTS, PIXELS] = ['r0', 'r1'] as const
const OUTPUT = 'r6'
export const [A0, A1, B0, B1] = ['r10', 'r11', 'r12', 'lr'] as const
const INPUTS: Register[] = ['r6', 'r7', 'r8', 'r9']
const [P0_EVEN, P0_ODD, P1_EVEN, P1_ODD] = ['r6', 'r7', 'r8', 'r9'] as const
const FREE_AFTER_SUMS: Register[] = ['r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']

export interface BlockShape {
  channels: number
  /** steps of four taps */
  steps: number
  /** bytes from a pixel's output to the next one's; 0 where both are the same pixel */
  pixelStride: number
}

/** Weights, biases and requantise constants of all channels, in the order in which the block reads them. */
export function writeBlocks(layer: PreparedLayer, { channels, steps }: BlockShape) {
  const writer = createConstantsWriter()
  let endOfPairs = 0
  for (let c = 0; c < channels; c += 2) {
    const group = c + 1 < channels ? [c, c + 1] : [c]
    writer.words(...layer.biases(group))
    for (let step = 0; step < steps; step++) writeTaps(writer, layer, group, step * 4, true)
    layer.requantize.write(writer, group)
    if (group.length === 2) endOfPairs = writer.byteLength
  }
  return { constants: writer.finish(), endOfPairs }
}

/**
 * All channels of the pair of pixels in scratch, as NHWC int8. The slot `output` moves from the first pixel's output to
 * behind its last channel. Uses every register.
 */
export function emitBlocks(k: Assembler, frame: Frame<BlockSlot>, layer: PreparedLayer, shape: BlockShape): void {
  const pairs = Math.floor(shape.channels / 2)
  frame.load(WEIGHTS, 'weights')
  frame.load(PIXELS, 'pixels')
  if (pairs > 0) {
    const top = k.here('two_channels')
    emitBlock(k, frame, layer, shape, 2)
    if (pairs > 1) {
      frame.load('r7', 'end of weights')
      k.cmp(WEIGHTS, 'r7')
      k.bne(top)
    }
  }
  if (shape.channels % 2 === 1) emitBlock(k, frame, layer, shape, 1)
}

function emitBlock(
  k: Assembler,
  frame: Frame<BlockSlot>,
  layer: PreparedLayer,
  { steps, pixelStride }: BlockShape,
  channels: 1 | 2,
): void {
  const isPacked = layer.form === 'packed8' && channels === 2
  k.comment('biases of the channels: first addends')
  if (channels === 2) k.ldm(`${WEIGHTS}!`, [A0, B0])
  else k.ldr(A0, WEIGHTS, { post: 4 })

  const step = (isFirst: boolean) => emitStep(k, isPacked, channels, isFirst ? 'biases' : 'sums')
  if (steps <= MOST_UNROLLED) for (let i = 0; i < steps; i++) step(i === 0)
  else {
    const before = steps % UNROLLED_IN_LOOP || UNROLLED_IN_LOOP
    for (let i = 0; i < before; i++) step(i === 0)
    k.comment('no register is left to count in')
    k.constant('r2', (steps - before) / UNROLLED_IN_LOOP)
    const top = k.here('more_taps')
    frame.store('r2', 'steps left')
    for (let i = 0; i < UNROLLED_IN_LOOP; i++) step(false)
    frame.load('r2', 'steps left')
    k.subs('r2', 'r2', 1)
    k.bne(top)
  }

  if (isPacked) {
    k.comment('256 B + A less A')
    k.sub(B0, B0, A0)
    k.sub(B1, B1, A1)
  }
  const gain = isPacked ? layer.gainOf(1) : 0
  const lanes: Lane[] = [
    { accumulator: A0, channel: 0, gain: 0 },
    { accumulator: A1, channel: 0, gain: 0 },
    { accumulator: B0, channel: 1, gain },
    { accumulator: B1, channel: 1, gain },
  ]
  layer.requantize.emit(k, lanes.slice(0, channels * 2), channels, loadFrom(k, WEIGHTS), FREE_AFTER_SUMS)

  frame.load(OUTPUT, 'output')
  k.strb(A1, OUTPUT, pixelStride)
  if (channels === 2) {
    k.strb(B0, OUTPUT, 1)
    k.strb(B1, OUTPUT, pixelStride + 1)
  }
  k.strb(A0, OUTPUT, { post: channels })
  frame.store(OUTPUT, 'output')
  const read = steps * STEP_BYTES
  if (read < 4096) k.sub(PIXELS, PIXELS, read)
  else frame.load(PIXELS, 'pixels')
}

/** How the sums begin: with the biases that the first pixel's registers hold, with nothing, or with what they hold. */
export type SumStart = 'biases' | 'nothing' | 'sums'

/** Four taps of one or two channels and two pixels, from where WEIGHTS and PIXELS point to. */
export function emitStep(k: Assembler, isPacked: boolean, channels: 1 | 2, start: SumStart): void {
  let even: Register[] = ['r2', 'r4']
  let odd: Register[] = ['r3', 'r5']
  if (isPacked) {
    k.ldm(`${WEIGHTS}!`, ['r2', 'r3'])
    k.ldm(`${PIXELS}!`, INPUTS)
    k.sxtb16('r4', 'r2')
    k.sxtb16('r5', 'r3')
    even = ['r4', 'r2']
    odd = ['r5', 'r3']
  } else {
    k.ldm(`${WEIGHTS}!`, channels === 2 ? ['r2', 'r3', 'r4', 'r5'] : ['r2', 'r3'])
    k.ldm(`${PIXELS}!`, INPUTS)
  }
  const sums = [[A0, A1] as const, [B0, B1] as const].slice(0, channels)
  for (const [i, [first, second]] of sums.entries()) {
    if (start === 'nothing') {
      k.smuad(second, even[i], P1_EVEN)
      k.smuad(first, even[i], P0_EVEN)
      continue
    }
    // The second pixel's sum starts at the bias that the first pixel's register holds until then.
    k.smlad(second, even[i], P1_EVEN, start === 'biases' ? first : second)
    k.smlad(first, even[i], P0_EVEN, first)
  }
  for (const [i, [first, second]] of sums.entries()) {
    k.smlad(first, odd[i], P0_ODD, first)
    k.smlad(second, odd[i], P1_ODD, second)
  }
}
