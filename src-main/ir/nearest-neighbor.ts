import type { ResizeNearestNeighbor } from './graph.ts'

/**
 * For each of `output` rows or columns, which of `input` it repeats. Source: GetNearestNeighbor of TFLite's reference
 * kernel resize_nearest_neighbor.h; all of it is float32 arithmetic, and halves round up.
 */
export function nearestNeighbors(
  { alignCorners, halfPixelCenters }: ResizeNearestNeighbor,
  input: number,
  output: number,
): number[] {
  const scale = Math.fround(alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output)
  return Array.from({ length: output }, (_, i) => {
    const position = Math.fround((halfPixelCenters ? i + 0.5 : i) * scale)
    return Math.min(input - 1, alignCorners ? Math.floor(position + 0.5) : Math.floor(position))
  })
}
