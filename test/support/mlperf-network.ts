// A small network with the inputs and outputs of one of MLPerf Tiny's benchmarks.

import type { Rng } from '../../src-main/base/rng.ts'
import type { MlperfTask } from '../../src-main/device/mlperf-protocol.ts'
import type { Graph, Quantization, TensorId } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { GraphBuilder, powerBetween } from '../firmware/random-graph.ts'
import { expectedResults, loadedBytes } from '../../src-main/bench/mlperf.ts'

const HIDDEN = 3

/** Two dense layers: so that the larger of in and out does not make the model large. */
export function mlperfNetwork(task: MlperfTask, rng: Rng): Graph {
  const build = new GraphBuilder(rng)
  const quantization = (): Quantization => ({
    scale: [powerBetween(rng, -10, 4)],
    zeroPoint: [rng.int(256) - 128],
    axis: 0,
  })
  const dense = (from: TensorId, depth: number, outputs: number) => {
    const to = build.int8([1, outputs], quantization())
    build.ops.push({
      kind: 'FULLY_CONNECTED',
      inputs: [from, ...build.weights([outputs, depth], 0, outputs, from, to)],
      outputs: [to],
      activation: 'none',
      keepNumDims: false,
    })
    return to
  }
  const input = build.input([1, task.inputValues], quantization())
  return build.finish([dense(dense(input, task.inputValues, HIDDEN), HIDDEN, task.outputValues)]).graph
}

/** What a runner loads for a random input, and what the board has to say of it. */
export function mlperfWindow(graph: Graph, task: MlperfTask, rng: Rng) {
  const edge = (id: TensorId) => {
    const { scale, zeroPoint } = graph.tensors[id]!.quantization!
    return { scale: scale[0]!, zeroPoint: zeroPoint[0]! }
  }
  const input = Int8Array.from({ length: task.inputValues }, () => rng.int(256) - 128)
  const loaded = loadedBytes(task, input, edge(graph.inputs[0]!))
  const [output] = createInterpreter(graph).run([input]) as [Int8Array]
  return { loaded, expected: expectedResults(task, loaded, output, edge(graph.outputs[0]!)) }
}
