// The built-in task from sound to int8, in its quick size: what the models are worth, and what the data's difficulty is.

import { beforeAll, expect, test } from 'vitest'
import { quantizeGraph } from '../../src-main/compress/quantize.ts'
import { findRecipe } from '../../src-main/compress/recipe.ts'
import { clipScores, edgeQuantization, scoreWindows } from '../../src-main/data/anomaly-score.ts'
import { buildAnomalyTask, type AnomalyTask } from '../../src-main/data/anomaly-task.ts'
import { windowAt } from '../../src-main/data/windows.ts'
import { tensorBytes, type Graph } from '../../src-main/ir/graph.ts'
import { trainAutoencoder } from '../../src-main/train/train-autoencoder.ts'
import { rocAuc } from '../../src-main/verify/metrics.ts'
import { stageContext } from '../support/stage-context.ts'

let task: AnomalyTask
let int8: Graph
const scores: Record<string, Float64Array> = {}
const auc = (name: string) => rocAuc(scores[name]!, task.test.labels)

beforeAll(async () => {
  const ctx = stageContext({ seed: 1 })
  task = await buildAnomalyTask(ctx, 'quick')
  const trained = await trainAutoencoder(task, ctx)
  const samples = Array.from({ length: task.calibration.count }, (_, i) => [windowAt(task.calibration, i)])
  int8 = await quantizeGraph(trained.graph, samples, findRecipe('ptq'), ctx)
  scores.float = await scoreWindows(trained.graph, task.test, ctx)
  scores.int8 = await scoreWindows(int8, task.test, ctx)
  scores.untrained = await scoreWindows(trained.untrained, task.test, ctx)
  scores.energy = task.test.energyDb
}, 120_000)

test('the int8 model finds most faulty windows and not all', () => {
  expect(auc('int8')).toBeGreaterThan(0.85)
  expect(auc('int8')).toBeLessThan(0.97)
})

test('int8 is within 0.01 of float', () => {
  expect(Math.abs(auc('int8') - auc('float'))).toBeLessThan(0.01)
})

test('it beats plain frame energy and the untrained net by at least 0.1', () => {
  expect(auc('int8')).toBeGreaterThan(Math.max(auc('energy'), 1 - auc('energy')) + 0.1)
  expect(auc('int8')).toBeGreaterThan(auc('untrained') + 0.1)
})

test('whole recordings are told apart better than single windows', () => {
  const clips = clipScores(task.test, scores.int8!)
  expect(clips.labels.length).toBe(task.clips.filter(({ split }) => split === 'test').length)
  expect(rocAuc(clips.scores, clips.labels)).toBeGreaterThan(auc('int8'))
})

test('weights and biases leave 4 KB of the 28 KB for the plan', () => {
  const constants = int8.tensors.filter(({ data }) => data !== undefined)
  expect(constants.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)).toBeLessThanOrEqual(24 * 1024)
})

test('the model takes and returns log-mel in steps of a fraction of a decibel', () => {
  for (const edge of ['input', 'output'] as const) {
    const { scale } = edgeQuantization(int8, edge)!
    expect(scale).toBeGreaterThan(0.05)
    expect(scale).toBeLessThan(0.5)
  }
})
