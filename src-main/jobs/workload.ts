// What is sent to a board in a benchmark: the held-out windows of a task, or random inputs for a model of one's own.

import type { Rng } from '../base/rng.ts'
import { anomalyScore, edgeQuantization, quantizeWindow } from '../data/anomaly-score.ts'
import type { AnomalyTask } from '../data/anomaly-task.ts'
import { windowAt } from '../data/windows.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { opMacs } from '../ir/op-table.ts'
import { outputsOf, randomInputs, valuesOf } from './model-io.ts'

export interface Workload {
  count: number
  inputs(index: number): TensorData[]
  /** from what came back; absent where nothing is scored */
  score?(index: number, outputs: readonly Uint8Array[]): { score: number; label: 0 | 1 }
}

/** Every held-out window once, scored against what the model made of it. */
export function anomalyWorkload(graph: Graph, { test }: AnomalyTask): Workload {
  const input = edgeQuantization(graph, 'input')
  const output = edgeQuantization(graph, 'output')
  const tensor = outputsOf(graph)[0]!
  return {
    count: test.count,
    inputs: (index) => {
      const window = windowAt(test, index)
      return [input === undefined ? window : quantizeWindow(window, input)]
    },
    score: (index, [bytes]) => ({
      score: anomalyScore(windowAt(test, index), valuesOf(tensor, bytes!) as Float32Array | Int8Array, output),
      label: test.labels[index] === 1 ? 1 : 0,
    }),
  }
}

/** So many that small models give a distribution and large ones an end. */
const RANDOM_MACS = 400e6
const FEWEST = 10
const MOST = 200

/** Seeded random inputs; more of them for a small model. */
export function randomWorkload(graph: Graph, rng: Rng, quick: boolean): Workload {
  const macs = graph.ops.reduce((sum, op) => sum + opMacs(graph, op), 0)
  const most = quick ? MOST / 10 : MOST
  return {
    count: Math.round(Math.min(most, Math.max(FEWEST, RANDOM_MACS / Math.max(1, macs)))),
    inputs: (index) => randomInputs(graph, rng.fork(`input ${index}`)),
  }
}
