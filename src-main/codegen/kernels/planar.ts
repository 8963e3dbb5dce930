// What depthwise convolutions read: the channel at hand as a plane of halfwords, rows of an even pitch, with the border of the
// window around the values. A border holds the input's zero point, which stands for a real zero.

import type { Assembler } from '../assembler.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant } from './kernel.ts'

export interface PlanarLayout {
  /** border included */
  rows: number
  /** halfwords from a row to the next: even, so that words are aligned */
  pitch: number
  /** border above and left of the values */
  top: number
  left: number
}

export const planeBytes = ({ rows, pitch }: PlanarLayout) => rows * pitch * 2

/** The plane of a 3x3 window: stride 1 reads four columns for two outputs, stride 2 one word past its last. */
export function planarLayout(
  { outputHeight, outputWidth }: { outputHeight: number; outputWidth: number },
  stride: 1 | 2,
  { top, left }: { top: number; left: number },
): PlanarLayout {
  return stride === 1
    ? { rows: outputHeight + 2, pitch: ((outputWidth + 1) & ~1) + 2, top, left }
    : { rows: 2 * outputHeight + 1, pitch: 2 * outputWidth + 2, top, left }
}

/** Makes everything from `at` on border: `bytes`, a multiple of 4. Uses r4 to r7 and `counter`, and moves `at`. */
export function emitBorder(k: Assembler, at: Register, bytes: number, zeroPoint: number, counter: Register): void {
  const four = ['r4', 'r5', 'r6', 'r7'] as const
  k.comment('everything becomes border')
  k.constant('r4', ((zeroPoint & 0xffff) | (zeroPoint << 16)) >>> 0)
  for (const register of four.slice(1)) k.mov(register, 'r4')
  if (bytes >= 16) k.loop(bytes >> 4, counter, () => k.stm(`${at}!`, four))
  for (let i = 0; i < (bytes & 15); i += 4) k.str('r4', at, { post: 4 })
}

/** An image of int8, channels innermost. */
export interface Image {
  height: number
  width: number
  channels: number
}

/** Values without a branch. */
const MOST_GATHERED = 32
/** bytes that the offset of a load or store reaches */
const FARTHEST = 4095
/** Registers that hold values between their loads and their stores: loads one after the other take a cycle each. */
const VALUES = ['r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11'] as const

/**
 * One channel of an image, from `r0` on, into the plane at `r1`. What lies beyond the plane's rows and columns is left
 * out; its border stays. Uses every register but r2 and r3, and moves r0 and r1.
 */
export function emitGatherPlane(k: Assembler, image: Image, { rows, pitch, top, left }: PlanarLayout): void {
  const { width, channels } = image
  const copiedRows = Math.min(image.height, rows - top)
  const copiedColumns = Math.min(width, pitch - left)
  const rowBytes = width * channels
  k.comment('the channel into the plane, inside its border')
  addConstant(k, 'r1', 'r1', (top * pitch + left) * 2, 'r4')
  // As many columns, then as many rows, as MOST_GATHERED and the loads' offsets allow.
  const columns = Math.min(copiedColumns, MOST_GATHERED, Math.floor(FARTHEST / channels) + 1)
  const reached = Math.floor((FARTHEST - (columns - 1) * channels) / rowBytes) + 1
  const rowsAtOnce = Math.min(copiedRows, Math.floor(MOST_GATHERED / columns), reached)
  const copy = (places: readonly { from: number; to: number }[]) => {
    for (let at = 0; at < places.length; at += VALUES.length) {
      const group = places.slice(at, at + VALUES.length)
      for (const [i, { from }] of group.entries()) k.ldrsb(VALUES[i], 'r0', from)
      for (const [i, { to }] of group.entries()) k.strh(VALUES[i], 'r1', to)
    }
  }
  const block = (blockRows: number, blockColumns: number) =>
    copy(
      Array.from({ length: blockRows * blockColumns }, (_, i) => {
        const [row, column] = [Math.floor(i / blockColumns), i % blockColumns]
        return { from: row * rowBytes + column * channels, to: (row * pitch + column) * 2 }
      }),
    )
  const advance = (from: number, to: number) => {
    addConstant(k, 'r0', 'r0', from, 'r4')
    addConstant(k, 'r1', 'r1', to, 'r4')
  }
  const oneRow = () => {
    const rounds = Math.floor(copiedColumns / columns)
    const rest = copiedColumns % columns
    k.loop(rounds, 'lr', () => {
      block(1, columns)
      advance(columns * channels, columns * 2)
    })
    if (rest > 0) block(1, rest)
    const done = rounds * columns
    advance(rowBytes - done * channels, (pitch - done) * 2)
  }
  if (columns < copiedColumns) k.loop(copiedRows, 'r12', oneRow)
  else {
    const rounds = Math.floor(copiedRows / rowsAtOnce)
    k.loop(rounds, 'r12', () => {
      block(rowsAtOnce, copiedColumns)
      advance(rowsAtOnce * rowBytes, rowsAtOnce * pitch * 2)
    })
    const rest = copiedRows - rounds * rowsAtOnce
    if (rest > 0) block(rest, copiedColumns)
  }
}
