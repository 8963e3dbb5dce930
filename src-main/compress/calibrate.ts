import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import type { Graph, TensorData, TensorId } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'
import type { RangeMethod } from './recipe.ts'

export interface Range {
  min: number
  max: number
}

/** One entry a sample: the values of the graph's inputs, in their order. */
export type CalibrationSet = readonly (readonly Float32Array[])[]

const FEWEST_SAMPLES = 100
const HISTOGRAM_BINS = 2048

type Observe = (tensor: TensorId, values: TensorData) => void

/** Runs the float graph on every sample and shows every input and activation to `observe`. */
async function watch(graph: Graph, samples: CalibrationSet, ctx: StageContext, pass: Pass, observe: Observe) {
  const interpreter = createInterpreter(graph)
  for (const [index, sample] of samples.entries()) {
    await nextTurn()
    throwIfCancelled(ctx.signal)
    graph.inputs.forEach((id, i) => {
      if (sample[i] !== undefined) observe(id, sample[i])
    })
    interpreter.run(sample, observe)
    ctx.progress(pass.index * samples.length + index + 1, pass.count * samples.length, 'calibrating')
  }
}

interface Pass {
  index: number
  count: number
}

/**
 * The range of every input and activation over the calibration samples. Throws CALIBRATION_EMPTY below 100 samples and
 * DATA_INVALID where a value is not finite; CANCELLED between two samples.
 */
export async function calibrate(
  graph: Graph,
  samples: CalibrationSet,
  method: RangeMethod,
  ctx: StageContext,
): Promise<Map<TensorId, Range>> {
  if (samples.length < FEWEST_SAMPLES) {
    throw new AppError('CALIBRATION_EMPTY', `Calibration has ${samples.length} samples; it takes ${FEWEST_SAMPLES}.`)
  }
  const passes = method.kind === 'min-max' ? 1 : 2
  const ranges = new Map<TensorId, Range>()
  await watch(graph, samples, ctx, { index: 0, count: passes }, (tensor, values) => {
    const range = ranges.get(tensor) ?? { min: Infinity, max: -Infinity }
    for (const value of values as Float32Array) {
      if (value < range.min) range.min = value
      if (value > range.max) range.max = value
      if (!Number.isFinite(value)) throw notFinite(graph, tensor)
    }
    ranges.set(tensor, range)
  })
  if (method.kind === 'min-max') return ranges

  const histograms = new Map<TensorId, Uint32Array>()
  await watch(graph, samples, ctx, { index: 1, count: passes }, (tensor, values) => {
    const histogram = histograms.get(tensor) ?? new Uint32Array(HISTOGRAM_BINS)
    const { min, max } = ranges.get(tensor)!
    const perBin = HISTOGRAM_BINS / (max - min)
    for (const value of values as Float32Array) {
      const bin = max > min ? Math.min(HISTOGRAM_BINS - 1, Math.floor((value - min) * perBin)) : 0
      histogram[bin]! += 1
    }
    histograms.set(tensor, histogram)
  })
  return new Map([...ranges].map(([tensor, range]) => [tensor, trim(range, histograms.get(tensor)!, method.keep)]))
}

/** Cuts (1 - keep) / 2 of the values off either end, in whole bins. */
function trim(range: Range, histogram: Uint32Array, keep: number): Range {
  const total = histogram.reduce((sum, count) => sum + count, 0)
  const spare = (total * (1 - keep)) / 2
  const width = (range.max - range.min) / HISTOGRAM_BINS
  let low = 0
  for (let sum = histogram[0]!; sum <= spare && low < HISTOGRAM_BINS - 1; sum += histogram[low]!) low++
  let high = HISTOGRAM_BINS - 1
  for (let sum = histogram[high]!; sum <= spare && high > low; sum += histogram[high]!) high--
  return { min: range.min + low * width, max: range.min + (high + 1) * width }
}

const notFinite = (graph: Graph, tensor: TensorId) =>
  new AppError('DATA_INVALID', `Calibration gives a value that is not finite in ${graph.tensors[tensor]?.name}.`)
