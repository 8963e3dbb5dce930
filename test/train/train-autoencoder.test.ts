import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src-main/base/hash.ts'
import { createRng } from '../../src-main/base/rng.ts'
import type { AnomalyTask } from '../../src-main/data/anomaly-task.ts'
import { WINDOW_FEATURES, type LabelledWindowSet } from '../../src-main/data/windows.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { createAutoencoder } from '../../src-main/train/autoencoder.ts'
import { foldNormalisation, measureNormalisation, normaliseRow } from '../../src-main/train/normalisation.ts'
import { trainAutoencoder, type CurvePoint } from '../../src-main/train/train-autoencoder.ts'
import { stageContext } from '../support/stage-context.ts'

/** Windows on a curve of two dimensions, with a little noise: learnable in a second. */
function toySet(count: number, seed: number): LabelledWindowSet {
  const rng = createRng(seed)
  const features = new Float32Array(count * WINDOW_FEATURES)
  for (let i = 0; i < count; i++) {
    const [a, b] = [rng.normal(), rng.normal()]
    for (let k = 0; k < WINDOW_FEATURES; k++) {
      features[i * WINDOW_FEATURES + k] = -20 + 6 * a * Math.sin(k / 40) + 6 * b * Math.cos(k / 25) + 0.5 * rng.normal()
    }
  }
  return {
    count,
    features,
    clip: new Int32Array(count),
    labels: new Uint8Array(count),
    energyDb: new Float64Array(count),
  }
}

const task: AnomalyTask = {
  id: 'ad',
  size: 'quick',
  clips: [],
  train: toySet(640, 1),
  validation: toySet(64, 2),
  calibration: toySet(100, 3),
  test: toySet(64, 4),
}
const settings = { epochs: 12, batch: 64, learningRate: 5e-3, threads: 1 }

const fingerprint = (graph: Graph) =>
  sha256(graph.tensors.map(({ data }) => (data ? sha256(new Uint8Array(data.buffer)) : '')).join())

test('the loss falls on both curves and far below the untrained net’s', async () => {
  const curve: CurvePoint[] = []
  const progress: number[] = []
  const ctx = stageContext({ seed: 3, progress: (done, total) => progress.push(done / total) })
  const trained = await trainAutoencoder(task, ctx, { onCurve: (point) => curve.push(point) }, settings)
  for (const series of ['train_loss', 'validation_loss'] as const) {
    const points = curve.filter((point) => point.series === series)
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
    expect(points.at(-1)!.value).toBeLessThan(0.4 * points[0]!.value)
  }
  expect(trained.validationLoss).toBe(curve.at(-1)!.value)
  expect(progress.length).toBe(12 * 10)
  expect(progress.at(-1)).toBe(1)

  // the graph that comes out takes and returns raw windows: its own error is the validation loss in dB²
  const interpreter = createInterpreter(trained.graph)
  let error = 0
  for (let i = 0; i < task.validation.count; i++) {
    const row = task.validation.features.subarray(i * WINDOW_FEATURES, (i + 1) * WINDOW_FEATURES)
    const [output] = interpreter.run([row])
    row.forEach((value, k) => (error += (value - Number(output![k])) ** 2 / task.validation.features.length))
  }
  expect(error / trained.validationLoss).toBeCloseTo(1, 3)
})

test('the same seed gives the same bytes, another seed others', async () => {
  const short = { ...settings, epochs: 2 }
  const train = async (seed: number) => (await trainAutoencoder(task, stageContext({ seed }), {}, short)).graph
  const first = fingerprint(await train(5))
  expect(fingerprint(await train(5))).toBe(first)
  expect(fingerprint(await train(6))).not.toBe(first)
})

test('cancel stops between two steps', async () => {
  const cancel = new AbortController()
  let steps = 0
  const ctx = stageContext({
    signal: cancel.signal,
    progress: (done) => {
      steps = done
      if (done === 13) cancel.abort()
    },
  })
  await expect(trainAutoencoder(task, ctx, {}, settings)).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(steps).toBe(13)
})

test('a loss that is not finite stops the training and keeps the last good net', async () => {
  const spoilt = task.train.features.slice()
  const kept: { graph: Graph; epoch: number }[] = []
  const spoiling: AnomalyTask = { ...task, train: { ...task.train, features: spoilt } }
  const training = trainAutoencoder(
    spoiling,
    stageContext({ seed: 2 }),
    {
      onCheckpoint: (graph, epoch) => {
        kept.push({ graph, epoch })
        if (epoch === 3) spoilt.fill(NaN)
      },
    },
    settings,
  )
  await expect(training).rejects.toMatchObject({
    code: 'TRAINING_DIVERGED',
    context: { epoch: 4, step: 0, last_good_epoch: 3 },
  })
  expect(kept.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  const weights = kept[2]!.graph.tensors[1]!.data as Float32Array
  expect(weights.every(Number.isFinite)).toBe(true)
})

test('less than a batch of windows is refused', async () => {
  const few: AnomalyTask = { ...task, train: toySet(63, 1) }
  await expect(trainAutoencoder(few, stageContext(), {}, settings)).rejects.toMatchObject({ code: 'DATA_INVALID' })
})

describe('normalisation', () => {
  const rng = createRng(8)
  const features = 12
  const rows = Float32Array.from({ length: 40 * features }, (_, i) => -30 + 3 * (i % features) + 4 * rng.normal())
  const normalisation = measureNormalisation(rows, features)

  test('gives zero mean for every feature and unit variance overall', () => {
    const out = new Float32Array(rows.length)
    for (let i = 0; i < 40; i++) normaliseRow(normalisation, rows, i, out, i * features)
    for (let k = 0; k < features; k++) {
      expect(out.reduce((sum, v, i) => (i % features === k ? sum + v : sum), 0)).toBeCloseTo(0, 4)
    }
    expect(out.reduce((sum, v) => sum + v * v, 0) / out.length).toBeCloseTo(1, 5)
  })

  test('folds into the first and last layer', () => {
    const graph = createAutoencoder({ features, hidden: 6, bottleneck: 3 }, createRng(9))
    const plain = createInterpreter(graph)
    const folded = createInterpreter(foldNormalisation(graph, normalisation))
    const row = new Float32Array(features)
    for (let i = 0; i < 10; i++) {
      normaliseRow(normalisation, rows, i, row, 0)
      const wanted = (plain.run([row])[0] as Float32Array).map(
        (v, k) => v * normalisation.deviation + normalisation.mean[k]!,
      )
      const given = folded.run([rows.slice(i * features, (i + 1) * features)])[0] as Float32Array
      wanted.forEach((value, k) => expect(given[k]).toBeCloseTo(value, 3))
    }
  })

  test('refuses a graph whose edges are not dense', () => {
    const graph = createAutoencoder({ features, hidden: 6, bottleneck: 3 }, createRng(9))
    expect(() => foldNormalisation({ ...graph, ops: graph.ops.slice(0, 3) }, normalisation)).toThrow('linear')
    expect(() => foldNormalisation({ ...graph, ops: [] }, normalisation)).toThrow('first layer')
  })
})
