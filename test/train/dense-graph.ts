// A small float graph of every trainable op, and its loss and gradients in float64 by plain loops.

import type { Graph, Op, Tensor } from '../../src-main/ir/graph.ts'
import type { Rng } from '../../src-main/base/rng.ts'

/** x [1, 6] -> dense relu -> reshape -> RELU6 -> dense relu6 -> RELU -> dense -> y [1, 6] */
export function everyTrainableOp(rng: Rng): Graph {
  const tensors: Tensor[] = [{ name: 'x', shape: [1, 6], dtype: 'float32' }]
  const add = (name: string, shape: number[], data?: Float32Array) =>
    tensors.push(data ? { name, shape, dtype: 'float32', data } : { name, shape, dtype: 'float32' }) - 1
  const random = (shape: number[], scale: number) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * rng.normal())
  const ops: Op[] = []
  const dense = (input: number, outs: number, activation: 'none' | 'relu' | 'relu6', bias = true) => {
    const ins = tensors[input]!.shape[1]!
    const inputs = [input, add('weights', [outs, ins], random([outs, ins], 1))]
    if (bias) inputs.push(add('bias', [outs], random([outs], 0.5)))
    const output = add('dense', [1, outs])
    ops.push({ kind: 'FULLY_CONNECTED', inputs, outputs: [output], activation, keepNumDims: false })
    return output
  }
  const one = dense(0, 8, 'relu')
  const grid = add('grid', [1, 2, 4])
  ops.push({ kind: 'RESHAPE', inputs: [one], outputs: [grid] })
  const clipped = add('clipped', [1, 2, 4])
  ops.push({ kind: 'RELU6', inputs: [grid], outputs: [clipped] })
  const flat = add('flat', [1, 8])
  ops.push({ kind: 'RESHAPE', inputs: [clipped], outputs: [flat] })
  const two = dense(flat, 5, 'relu6', false)
  const rectified = add('rectified', [1, 5])
  ops.push({ kind: 'RELU', inputs: [two], outputs: [rectified] })
  const y = dense(rectified, 6, 'none')
  return { name: 'every trainable op', tensors, ops, inputs: [0], outputs: [y] }
}

type Values = Map<number, Float64Array>

const clampOf = { none: [-Infinity, Infinity], relu: [0, Infinity], relu6: [0, 6] } as const
const activationOf = (op: Op): 'none' | 'relu' | 'relu6' => {
  if (op.kind === 'RELU') return 'relu'
  if (op.kind === 'RELU6') return 'relu6'
  return op.kind === 'FULLY_CONNECTED' ? (op.activation as 'relu') : 'none'
}

function forward(graph: Graph, parameters: Values, row: Float64Array): Values {
  const values: Values = new Map([...parameters, [graph.inputs[0]!, row]])
  for (const op of graph.ops) {
    const x = values.get(op.inputs[0]!)!
    let z = x
    if (op.kind === 'FULLY_CONNECTED') {
      const weights = values.get(op.inputs[1]!)!
      z = new Float64Array(weights.length / x.length).map((_, out) => {
        let sum = op.inputs[2] === undefined ? 0 : values.get(op.inputs[2])![out]!
        for (let k = 0; k < x.length; k++) sum += weights[out * x.length + k]! * x[k]!
        return sum
      })
    }
    const [low, high] = clampOf[activationOf(op)]
    values.set(
      op.outputs[0]!,
      z.map((value) => Math.min(high, Math.max(low, value))),
    )
  }
  return values
}

/** Mean squared reconstruction error over the rows. */
export function slowLoss(graph: Graph, parameters: Values, rows: Float64Array[]): number {
  const n = rows.length * rows[0]!.length
  let sum = 0
  for (const row of rows) {
    const y = forward(graph, parameters, row).get(graph.outputs[0]!)!
    y.forEach((value, i) => (sum += (value - row[i]!) ** 2 / n))
  }
  return sum
}

/** Gradient of `slowLoss` by every parameter tensor. */
export function slowGradients(graph: Graph, parameters: Values, rows: Float64Array[]): Values {
  const totals: Values = new Map([...parameters].map(([id, data]) => [id, new Float64Array(data.length)]))
  const n = rows.length * rows[0]!.length
  for (const row of rows) {
    const values = forward(graph, parameters, row)
    let dy = values.get(graph.outputs[0]!)!.map((value, i) => (2 * (value - row[i]!)) / n)
    for (const op of graph.ops.toReversed()) {
      const [low, high] = clampOf[activationOf(op)]
      const y = values.get(op.outputs[0]!)!
      const dz = dy.map((value, i) => (y[i]! > low && y[i]! < high ? value : 0))
      dy = dz
      if (op.kind !== 'FULLY_CONNECTED') continue
      const x = values.get(op.inputs[0]!)!
      const weights = values.get(op.inputs[1]!)!
      const dx = new Float64Array(x.length)
      dz.forEach((d, out) => {
        if (op.inputs[2] !== undefined) totals.get(op.inputs[2])![out]! += d
        for (let k = 0; k < x.length; k++) {
          totals.get(op.inputs[1]!)![out * x.length + k]! += d * x[k]!
          dx[k]! += d * weights[out * x.length + k]!
        }
      })
      dy = dx
    }
  }
  return totals
}
