// The score of a window is the mean squared error, in dB², between its float log-mel features and the model's
// reconstruction. An int8 model's bytes are dequantized first; the window itself stays float, as MLPerf Tiny scores it:
// so what the input's range cuts off still counts as error.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import { roundHalfAwayFromZero } from '../ir/fixed-point.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'
import { windowAt, type WindowSet } from './windows.ts'

export interface Affine {
  scale: number
  zeroPoint: number
}

/** float32 -> int8: round half away from zero, saturate. */
export function quantizeWindow(window: Float32Array, { scale, zeroPoint }: Affine): Int8Array {
  return Int8Array.from(window, (value) => {
    const steps = roundHalfAwayFromZero(Math.fround(value / scale))
    return Math.min(127, Math.max(-128, steps + zeroPoint))
  })
}

/** `reconstruction` holds real values, or int8 steps with the output's scale and zero point. */
export function anomalyScore(
  window: Float32Array,
  reconstruction: Float32Array | Int8Array,
  { scale, zeroPoint }: Affine = { scale: 1, zeroPoint: 0 },
): number {
  let sum = 0
  for (let i = 0; i < window.length; i++) sum += (window[i]! - scale * (reconstruction[i]! - zeroPoint)) ** 2
  return sum / window.length
}

/** Scale and zero point of an int8 input or output tensor of a graph; undefined where it is float32. */
export function edgeQuantization(graph: Graph, edge: 'input' | 'output'): Affine | undefined {
  const id = edge === 'input' ? graph.inputs[0] : graph.outputs[0]
  const tensor = id === undefined ? undefined : graph.tensors[id]
  if (tensor?.dtype === 'float32') return undefined
  const scale = tensor?.quantization?.scale[0]
  const zeroPoint = tensor?.quantization?.zeroPoint[0]
  if (tensor?.dtype === 'int8' && scale !== undefined && zeroPoint !== undefined) return { scale, zeroPoint }
  throw new AppError('MODEL_DTYPE_UNSUPPORTED', `The ${edge} of ${graph.name} is neither float32 nor int8.`)
}

const TURN_WINDOWS = 64

/** Scores of every window by the reference interpreter on this machine, float or int8. Progress counts windows. */
export async function scoreWindows(graph: Graph, set: WindowSet, ctx: StageContext): Promise<Float64Array> {
  const interpreter = createInterpreter(graph)
  const input = edgeQuantization(graph, 'input')
  const output = edgeQuantization(graph, 'output')
  const scores = new Float64Array(set.count)
  for (let i = 0; i < set.count; i++) {
    if (i % TURN_WINDOWS === 0) {
      await nextTurn()
      throwIfCancelled(ctx.signal)
      ctx.progress(i, set.count)
    }
    const window = windowAt(set, i)
    const values: TensorData = input === undefined ? window : quantizeWindow(window, input)
    scores[i] = anomalyScore(window, interpreter.run([values])[0] as Float32Array | Int8Array, output)
  }
  ctx.progress(set.count, set.count)
  return scores
}

/** Mean score of each recording that the set holds, with its label: MLPerf Tiny's way of scoring. */
export function clipScores(set: WindowSet & { labels: Uint8Array }, scores: ArrayLike<number>) {
  const clips = new Map<number, { sum: number; windows: number; label: number }>()
  for (let i = 0; i < set.count; i++) {
    const clip = clips.get(set.clip[i]!) ?? { sum: 0, windows: 0, label: set.labels[i]! }
    clip.sum += scores[i]!
    clip.windows++
    clips.set(set.clip[i]!, clip)
  }
  const all = [...clips.values()]
  return {
    scores: Float64Array.from(all, ({ sum, windows }) => sum / windows),
    labels: Uint8Array.from(all, ({ label }) => label),
  }
}
