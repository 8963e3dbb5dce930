// Convolutions that write planes for the depthwise convolution that follows them: where the outputs of each pair of pixels go.

import type { Assembler } from '../assembler.ts'
import type { BlockOutput } from './gemm-block.ts'
import { addConstant, type Frame } from './kernel.ts'
import { emitBorder, planeBytes, type PlanarLayout } from './planar.ts'

/** Output for a depthwise convolution: planes of halfwords with their border, instead of NHWC int8. */
export interface PlanarOutput {
  layout: PlanarLayout
  height: number
  width: number
}

/** Frame slots beside those of the blocks. */
export const PLANE_SLOTS = ['planes', 'next output', 'columns left'] as const
type PlaneSlot = (typeof PLANE_SLOTS)[number] | 'output' | 'second output'

export const holdsImage = ({ layout, height, width }: PlanarOutput) =>
  layout.top + height <= layout.rows && layout.left + width <= layout.pitch

export function blockOutput(planes: PlanarOutput | undefined, pixels: number, channels: number): BlockOutput {
  if (planes !== undefined) return { layout: 'planar', planeBytes: planeBytes(planes.layout) }
  // A single pixel is taken twice.
  return { layout: 'nhwc', pixelStride: pixels === 1 ? 0 : channels }
}

/** Planes at r1 become border, and the first pixel is next. Uses r1 and r4 to r8. */
export function emitPlanesStart(
  k: Assembler,
  frame: Frame<PlaneSlot>,
  planes: PlanarOutput,
  channels: number,
  zeroPoint: number,
): void {
  frame.store('r1', 'planes')
  emitBorder(k, 'r1', planeBytes(planes.layout) * channels, zeroPoint, 'r8')
  emitPlaceAt(k, frame, planes, 0)
}

/** The next pixel is this one. */
export function emitPlaceAt(
  k: Assembler,
  frame: Frame<PlaneSlot>,
  { layout, width }: PlanarOutput,
  pixel: number,
): void {
  const [row, column] = [Math.floor(pixel / width), pixel % width]
  frame.load('r4', 'planes')
  addConstant(k, 'r4', 'r4', ((layout.top + row) * layout.pitch + layout.left + column) * 2, 'r5')
  frame.store('r4', 'next output')
  k.constant('r4', width - column)
  frame.store('r4', 'columns left')
}

/** Where the pair's outputs go in their first plane; a row's end leads over the border to the next one's start. */
export function emitPlacePair(
  k: Assembler,
  frame: Frame<PlaneSlot>,
  { layout, width }: PlanarOutput,
  isSingle: boolean,
): void {
  const next = () => {
    const sameRow = k.label('same_row')
    k.add('r4', 'r4', 2)
    k.subs('r5', 'r5', 1)
    k.bne(sameRow)
    addConstant(k, 'r4', 'r4', (layout.pitch - width) * 2, 'r6')
    k.constant('r5', width)
    k.place(sameRow)
  }
  frame.load('r4', 'next output')
  frame.load('r5', 'columns left')
  frame.store('r4', 'output')
  if (!isSingle) next()
  frame.store('r4', 'second output')
  if (isSingle) return
  next()
  frame.store('r4', 'next output')
  frame.store('r5', 'columns left')
}
