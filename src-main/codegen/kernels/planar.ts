// The layout that depthwise convolutions read: a plane of halfwords for each channel, rows of an even pitch, with the border
// of the window around the values. A border holds the input's zero point, which stands for a real zero.

import { createAssembler, type Assembler } from '../assembler.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant, openFrame, type EmittedKernel } from './kernel.ts'

export interface PlanarLayout {
  /** of a plane, border included */
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

export interface ToPlanar {
  height: number
  width: number
  channels: number
  zeroPoint: number
  layout: PlanarLayout
}

/** NHWC int8 to planes: for inputs that no pointwise convolution has made. Rows and columns beyond a plane are left out. */
export function emitToPlanar({ height, width, channels, zeroPoint, layout }: ToPlanar): EmittedKernel {
  const { rows, pitch, top, left } = layout
  const bytes = planeBytes(layout)
  const copiedRows = Math.min(height, rows - top)
  const copiedColumns = Math.min(width, pitch - left)
  const k = createAssembler()
  const frame = openFrame(k, [])
  const r = k.registers({
    input: 'r0',
    output: 'r1',
    plane: 'r3',
    value: 'r4',
    at: 'r5',
    counter: 'r6',
    row: 'r7',
    column: 'r8',
  })

  k.mov('r9', r.output)
  emitBorder(k, 'r9', bytes * channels, zeroPoint, 'r10')
  k.constant(r.plane, bytes)
  addConstant(k, r.output, r.output, (top * pitch + left) * 2, r.at)
  k.loop(copiedRows, r.row, () => {
    k.loop(copiedColumns, r.column, () => {
      k.mov(r.at, r.output)
      k.loop(channels, r.counter, () => {
        k.ldrsb(r.value, r.input, { post: 1 })
        k.strh(r.value, r.at)
        k.add(r.at, r.at, r.plane)
      })
      k.add(r.output, r.output, 2)
    })
    addConstant(k, r.output, r.output, (pitch - copiedColumns) * 2, r.at)
    addConstant(k, r.input, r.input, (width - copiedColumns) * channels, r.at)
  })
  frame.close()
  return {
    code: k.assemble(),
    constants: new Uint8Array(0),
    scratchBytes: 0,
    stackBytes: frame.bytes,
    requantize: undefined,
  }
}
