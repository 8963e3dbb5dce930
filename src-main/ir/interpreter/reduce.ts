/**
 * For each element of a tensor of `shape`, the index of the output element that a reduction over `axes` adds it to.
 * The result is shared by the float and the integer MEAN.
 */
export function reductionTargets(shape: readonly number[], axes: readonly number[]): Int32Array {
  const strides = new Array<number>(shape.length).fill(0)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue
    strides[axis] = stride
    stride *= shape[axis]!
  }
  let targets = [0]
  shape.forEach((dim, axis) => {
    targets = targets.flatMap((base) => Array.from({ length: dim }, (_, i) => base + i * strides[axis]!))
  })
  return Int32Array.from(targets)
}
