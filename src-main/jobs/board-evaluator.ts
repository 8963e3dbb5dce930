import { tensorBytes, type TensorData } from '../ir/graph.ts'
import { variableInputs } from '../ir/interpreter/interpreter.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { Plan } from '../plan/plan.ts'
import type { Evaluator } from '../verify/evaluator.ts'
import { bytesOf, valuesOf } from './model-io.ts'
import type { Flashed } from './stages/flash.ts'

/** The flashed model as something that verify/ can hold against the interpreter, an op at a time. */
export function boardEvaluator({ session, model }: Flashed, plan: Plan, signal: AbortSignal): Evaluator {
  const { graph, source, keptChannels } = plan
  const firmware = session.firmware()
  const offsets = new Map(plan.tensors.map((tensor) => [tensor.id, tensor.offset]))

  /** Leaves no execution marks behind: they are of interest only where ops are profiled. */
  const runOne = async (index: number): Promise<TensorData[]> => {
    await firmware.runOps(index, index + 1, { signal })
    await session.takeMarks()
    const outputs: TensorData[] = []
    for (const id of graph.ops[index]!.outputs) {
      const tensor = tensorAt(graph, id)
      outputs.push(valuesOf(tensor, await firmware.readArena(offsets.get(id)!, tensorBytes(tensor), signal)))
    }
    return outputs
  }

  return {
    name: session.board.id,
    graph,
    ...(graph !== source && { rewrittenFrom: { graph: source, keptChannels } }),
    async run(inputs) {
      for (const [i, span] of model.inputs.entries()) {
        await firmware.writeArena(span.offset, bytesOf(inputs[i]!), signal)
      }
      const outputs: TensorData[][] = []
      for (const index of graph.ops.keys()) outputs.push(await runOne(index))
      return outputs
    },
    async runOp(index, inputs) {
      for (const [i, id] of variableInputs(graph, graph.ops[index]!).entries()) {
        await firmware.writeArena(offsets.get(id)!, bytesOf(inputs[i]!), signal)
      }
      return runOne(index)
    },
  }
}
