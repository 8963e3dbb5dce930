// The windows of a convolution, gathered into scratch as halfwords: what direct-convolution.ts does before it multiplies.

import type { WindowGeometry } from '../../ir/shapes.ts'
import type { Assembler } from '../assembler.ts'
import { modifiedImmediate } from '../thumb/encode.ts'
import type { Register } from '../thumb/operands.ts'
import { BLOCK_SLOTS } from './gemm-block.ts'
import { addConstant, type Frame } from './kernel.ts'

/** Words of a window's row that are gathered without a branch. */
const MOST_UNROLLED_WORDS = 16
/** where a step has the halfwords of taps 0 to 3 */
const HALF_OF_TAP = [0, 4, 2, 6]

/** How a window lies in scratch. */
export interface Gather {
  /** of a window's row */
  bytes: number
  words: number
  /** bytes of a row beyond its words */
  rest: number
  /** steps of four taps, those of the rests among them */
  steps: number
}

/** `row` and `column`: where the next window starts */
export const GATHER_SLOTS = [...BLOCK_SLOTS, 'input', 'row', 'column'] as const
type Slot = (typeof GATHER_SLOTS)[number]

export interface WindowGather {
  k: Assembler
  frame: Frame<Slot>
  geometry: WindowGeometry
  /** of the input */
  zeroPoint: number
  gather: Gather
}

export function gatherOf({ filterH, filterW, inputC }: WindowGeometry): Gather {
  const bytes = filterW * inputC
  const [words, rest] = [bytes >> 2, bytes & 3]
  return { bytes, words, rest, steps: filterH * words + Math.ceil((filterH * rest) / 4) }
}

/** The window's taps in the order of the steps: the words of all rows, then their rests. */
export function tapOrder({ filterH }: WindowGeometry, { bytes, words, rest }: Gather): number[] {
  const rows = Array.from({ length: filterH }, (_, y) => y * bytes)
  const run = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
  return [...rows.flatMap((from) => run(from, words * 4)), ...rows.flatMap((from) => run(from + words * 4, rest))]
}

/** Whether any window reaches beyond the input, or can't be read as runs where it lies. */
function needsWindow({ geometry: g }: WindowGather): boolean {
  const crosses = (padding: number, outputs: number, stride: number, filter: number, dilation: number, input: number) =>
    padding > 0 || (outputs - 1) * stride + (filter - 1) * dilation + 1 > input
  return (
    g.dilationW > 1 ||
    crosses(g.padTop, g.outputH, g.strideH, g.filterH, g.dilationH, g.inputH) ||
    crosses(g.padLeft, g.outputW, g.strideW, g.filterW, g.dilationW, g.inputW)
  )
}

export const windowBytes = (emitter: WindowGather) =>
  needsWindow(emitter) ? (emitter.geometry.filterH * emitter.gather.bytes + 3) & ~3 : 0

/** Where the window of a pixel starts, in the input's rows and columns; negative in the border. */
export function emitWindowAt({ k, frame, geometry: g }: WindowGather, pixel: number): void {
  k.constant('r4', Math.floor(pixel / g.outputW) * g.strideH - g.padTop)
  frame.store('r4', 'row')
  k.constant('r4', (pixel % g.outputW) * g.strideW - g.padLeft)
  frame.store('r4', 'column')
}

export function emitNextPixel({ k, frame, geometry: g }: WindowGather): void {
  const same = k.label('same_row')
  frame.load('r4', 'column')
  k.add('r4', 'r4', g.strideW)
  k.constant('r5', g.outputW * g.strideW - g.padLeft)
  k.cmp('r4', 'r5')
  k.bne(same)
  k.constant('r4', -g.padLeft)
  frame.load('r5', 'row')
  k.add('r5', 'r5', g.strideH)
  frame.store('r5', 'row')
  k.place(same)
  frame.store('r4', 'column')
}

/** A constant that is compared with: in the instruction where it fits, else in a register. */
function compare(k: Assembler, register: Register, value: number, temporary: Register): void {
  if (modifiedImmediate(value) !== undefined) return k.cmp(register, value)
  k.constant(temporary, value)
  k.cmp(register, temporary)
}

/** A subroutine: the window at `row` and `column` to r2, 16 bytes a step. Uses all registers but lr. */
export function emitGatherPixel(emitter: WindowGather): void {
  const { k, frame, geometry: g, gather } = emitter
  const rowBytes = g.inputW * g.inputC
  const border = k.label('border')
  const window = k.label('gather')
  k.registers({ from: 'r0', step: 'r1', to: 'r2', row: 'r9', column: 'r10' })
  frame.load('r0', 'input')
  frame.load('r9', 'row')
  frame.load('r10', 'column')
  const lastRow = g.inputH - ((g.filterH - 1) * g.dilationH + 1)
  const lastColumn = g.inputW - g.filterW
  const canBeInside = lastRow >= 0 && lastColumn >= 0 && g.dilationW === 1
  if (canBeInside) {
    if (needsWindow(emitter)) {
      k.comment('compared without sign, so that a negative start is beyond the end, too')
      compare(k, 'r9', lastRow, 'r3')
      k.bhi(border)
      compare(k, 'r10', lastColumn, 'r3')
      k.bhi(border)
    }
    k.constant('r3', rowBytes)
    k.mla('r0', 'r9', 'r3', 'r0')
    k.constant('r3', g.inputC)
    k.mla('r0', 'r10', 'r3', 'r0')
    k.constant('r1', g.dilationH * rowBytes)
    k.place(window)
    emitGatherRows(emitter)
    k.bx('lr')
  }
  if (!needsWindow(emitter)) return
  k.place(border)
  emitFillWindow(emitter)
  k.comment('the window of bytes is gathered')
  frame.load('r0', 'pixels')
  addConstant(k, 'r0', 'r0', gather.steps * 16, 'r3')
  k.constant('r1', gather.bytes)
  if (canBeInside) k.b(window)
  else {
    emitGatherRows(emitter)
    k.bx('lr')
  }
}

/** Rows at r0, r1 apart, to halfwords at r2. */
function emitGatherRows({ k, geometry: { filterH }, gather }: WindowGather): void {
  const { words, rest } = gather
  const widen = () => {
    k.sxtb16('r4', 'r3')
    k.sxtb16('r5', 'r3', { ror: 8 })
    k.strd('r4', 'r5', 'r2', { post: 16 })
  }
  const row = (y: number) => {
    if (words <= MOST_UNROLLED_WORDS)
      for (let i = 0; i < words; i++) {
        k.ldr('r3', 'r0', i * 4)
        widen()
      }
    else {
      const next = () => {
        k.ldr('r3', 'r8', { post: 4 })
        widen()
      }
      k.mov('r8', 'r0')
      k.loop(words >> 2, 'r7', () => [0, 1, 2, 3].forEach(next))
      for (let i = words & ~3; i < words; i++) next()
    }
    for (let i = 0; i < rest; i++) {
      const tap = y * rest + i
      k.ldrsb('r3', 'r0', words * 4 + i)
      k.strh('r3', 'r6', (tap >> 2) * 16 + HALF_OF_TAP[tap & 3]!)
    }
    k.add('r0', 'r0', 'r1')
  }
  if (rest > 0) addConstant(k, 'r6', 'r2', filterH * words * 16, 'r3')
  // Where every row is alike, many of them share the code.
  if (rest === 0 && filterH * words > 2 * MOST_UNROLLED_WORDS) k.loop(filterH, 'r6', () => row(0))
  else for (let y = 0; y < filterH; y++) row(y)
}

/** The part of the window that lies in the input, in a window of zero points behind the steps. Keeps r2. */
function emitFillWindow(emitter: WindowGather): void {
  const { k, frame, geometry: g, zeroPoint, gather } = emitter
  frame.load('r3', 'pixels')
  addConstant(k, 'r3', 'r3', gather.steps * 16, 'r4')
  k.constant('r4', Math.imul(zeroPoint & 0xff, 0x01010101))
  k.mov('r5', 'r3')
  k.loop(windowBytes(emitter) / 4, 'r6', () => k.str('r4', 'r5', { post: 4 }))

  k.comment('where the first row would lie')
  k.constant('r6', g.inputW)
  k.mla('r7', 'r9', 'r6', 'r10')
  k.constant('r6', g.inputC)
  k.mla('r0', 'r7', 'r6', 'r0')
  const done = k.label('window_done')
  if (g.dilationW === 1) {
    k.comment('columns r4 up to r5 of the window lie in the input')
    k.rsbs('r4', 'r10', 0)
    k.it('mi', () => k.mov('r4', 0))
    k.constant('r5', g.inputW)
    k.sub('r5', 'r5', 'r10')
    k.cmp('r5', g.filterW)
    k.it('gt', () => k.mov('r5', g.filterW))
    k.subs('r5', 'r5', 'r4')
    k.ble(done)
    k.mla('r0', 'r4', 'r6', 'r0')
    k.mla('r3', 'r4', 'r6', 'r3')
    k.mul('r5', 'r5', 'r6')
  }
  k.constant('r8', g.filterH)
  const top = k.here('window_row')
  const outside = k.label('outside')
  compare(k, 'r9', g.inputH, 'r7')
  k.bcs(outside)
  if (g.dilationW === 1) emitCopy(k, 'r0', 'r3', 'r5', 'r7', 'r4')
  else
    for (let x = 0; x < g.filterW; x++) {
      const next = k.label('next_column')
      addConstant(k, 'r4', 'r10', x * g.dilationW, 'r7')
      compare(k, 'r4', g.inputW, 'r7')
      k.bcs(next)
      addConstant(k, 'r11', 'r0', x * g.dilationW * g.inputC, 'r11')
      addConstant(k, 'r12', 'r3', x * g.inputC, 'r12')
      emitCopy(k, 'r11', 'r12', 'r6', 'r7', 'r4')
      k.place(next)
    }
  k.place(outside)
  addConstant(k, 'r0', 'r0', g.dilationH * g.inputW * g.inputC, 'r7')
  addConstant(k, 'r3', 'r3', gather.bytes, 'r7')
  k.add('r9', 'r9', g.dilationH)
  k.subs('r8', 'r8', 1)
  k.bne(top)
  k.place(done)
}

/** `count` bytes, last first. Uses `index` and `value`. */
function emitCopy(k: Assembler, from: Register, to: Register, count: Register, index: Register, value: Register): void {
  k.mov(index, count)
  const top = k.here('copy')
  k.subs(index, index, 1)
  k.ldrb(value, from, { index })
  k.strb(value, to, { index })
  k.bne(top)
}
