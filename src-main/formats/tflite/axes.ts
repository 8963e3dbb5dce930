// Axes count from the end where they are negative; the IR has none of those.

export const normalAxis = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis)

/** Ascending, each once. */
export const normalAxes = (axes: readonly number[], rank: number) =>
  [...new Set(axes.map((axis) => normalAxis(axis, rank)))].sort((a, b) => a - b)
