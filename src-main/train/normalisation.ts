import { AppError } from '../base/errors.ts'
import type { FullyConnected, Graph, Tensor, TensorId } from '../ir/graph.ts'

/**
 * x' = (x - mean[k]) / deviation: a mean for every feature and one deviation for all. One deviation keeps the weights
 * of the folded layers evenly sized, which per-tensor int8 scales need.
 */
export interface Normalisation {
  mean: Float32Array
  deviation: number
}

/** `rows` holds whole rows of `features` values. */
export function measureNormalisation(rows: Float32Array, features: number): Normalisation {
  const count = rows.length / features
  const sums = new Float64Array(features)
  for (let i = 0; i < rows.length; i++) sums[i % features]! += rows[i]!
  const mean = Float32Array.from(sums, (sum) => sum / count)
  let squares = 0
  for (let i = 0; i < rows.length; i++) squares += (rows[i]! - mean[i % features]!) ** 2
  return { mean, deviation: Math.sqrt(squares / rows.length) }
}

/** Writes row `index` of `rows`, normalised, to `target` at `offset`. */
export function normaliseRow(
  { mean, deviation }: Normalisation,
  rows: Float32Array,
  index: number,
  target: Float32Array,
  offset: number,
): void {
  const start = index * mean.length
  const scale = 1 / deviation
  for (let k = 0; k < mean.length; k++) target[offset + k] = (rows[start + k]! - mean[k]!) * scale
}

/**
 * An autoencoder trained on normalised rows becomes one that takes and returns raw rows: the first layer absorbs the
 * normalisation, the last one its inverse. Both must be FULLY_CONNECTED with a bias, the last without activation.
 */
export function foldNormalisation(graph: Graph, { mean, deviation }: Normalisation): Graph {
  const first = foldableLayer(graph.ops[0], 'first')
  const last = foldableLayer(graph.ops.at(-1), 'last')
  if (last.activation !== 'none') throw new AppError('MODEL_INVALID', 'The last layer must be linear to be folded.')
  const dataOf = (id: TensorId) => graph.tensors[id]!.data as Float32Array
  const changed = new Map<TensorId, Float32Array>()

  // W (x - mean) / d + b = (W / d) x + (b - (W / d) mean)
  const inputWeights = dataOf(first.inputs[1]!).map((weight) => weight / deviation)
  const inputBias = dataOf(first.inputs[2]!).map((bias, out) => {
    let sum = bias
    for (let k = 0; k < mean.length; k++) sum -= inputWeights[out * mean.length + k]! * mean[k]!
    return sum
  })
  changed.set(first.inputs[1]!, inputWeights).set(first.inputs[2]!, inputBias)

  // d (W h + b) + mean
  const outputWeights = dataOf(last.inputs[1]!).map((weight) => weight * deviation)
  const outputBias = dataOf(last.inputs[2]!).map((bias, k) => bias * deviation + mean[k]!)
  changed.set(last.inputs[1]!, outputWeights).set(last.inputs[2]!, outputBias)

  const tensors = graph.tensors.map((tensor, id): Tensor => {
    const data = changed.get(id)
    return data === undefined ? tensor : { ...tensor, data }
  })
  return { ...graph, tensors }
}

function foldableLayer(op: Graph['ops'][number] | undefined, place: string): FullyConnected {
  if (op?.kind === 'FULLY_CONNECTED' && op.inputs[2] !== undefined) return op
  throw new AppError('MODEL_INVALID', `The ${place} layer must be fully connected, with a bias, to be folded.`)
}
