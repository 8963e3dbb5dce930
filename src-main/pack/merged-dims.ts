// Neighbouring dimensions that a kernel treats alike are one loop: the packer merges them, so that kernels need few
// loops and inner ones are long.

/** [dim, stride…] of one loop; strides in elements, one for each tensor that is walked. */
export interface LoopDim {
  dim: number
  strides: readonly number[]
}

/** Merges a dimension into the one inside it where every tensor's stride allows it; dimensions of 1 vanish. */
export function mergeLoops(loops: readonly LoopDim[]): LoopDim[] {
  const merged: LoopDim[] = []
  for (const loop of loops) {
    if (loop.dim === 1) continue
    const outer = merged.at(-1)
    if (outer && outer.strides.every((stride, i) => stride === loop.strides[i]! * loop.dim))
      merged[merged.length - 1] = { dim: outer.dim * loop.dim, strides: loop.strides }
    else merged.push(loop)
  }
  return merged
}

/** Exactly `count` numbers, the given ones last. */
export function padFront(values: readonly number[], count: number, filler: number): number[] {
  return [...new Array<number>(count - values.length).fill(filler), ...values]
}
