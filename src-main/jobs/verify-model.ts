import { AppError } from '../base/errors.ts'
import { createRng } from '../base/rng.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { scaleOf, zeroPointOf } from '../ir/tensor-access.ts'
import { verifyStages, type VerifyReport } from '../verify/verify-stages.ts'
import { boardEvaluator } from './board-evaluator.ts'
import { withFlashedModel, type BoardPlace } from './flashed-model.ts'
import { inputsOf, randomInputs } from './model-io.ts'
import { readModelFile } from './read-model-file.ts'
import { standaloneContext, type Standalone } from './standalone.ts'

export interface VerifyRequest extends BoardPlace {
  file: string
  /** the float model that `file` was made of */
  against: string | undefined
  /** random inputs to compare on */
  samples: number
}

export interface VerifyFileReport extends VerifyReport {
  file: string
  against: string | null
  seed: number
}

/**
 * Layer by layer: the float model, when given, against the file (shown, not gated), and the file's interpreter against
 * the board (exact). Inputs are random over the range of the file's input. A report that did not pass is a result.
 */
export async function verifyModel(request: VerifyRequest, work: Standalone): Promise<VerifyFileReport> {
  const { file, against, samples } = request
  const { graph } = readModelFile(file)
  const floatGraph = against === undefined ? undefined : readModelFile(against).graph
  const isFloat = inputsOf(graph).every((tensor) => tensor.dtype === 'float32') && !hasInt8(graph)
  if (isFloat && floatGraph === undefined) {
    throw new AppError(
      'USAGE',
      `${graph.name} is a float model, which the board does not run: give --against FILE too.`,
    )
  }
  const rng = createRng(work.seed).fork('random inputs')
  const inputs = Array.from({ length: samples }, (_, i) => randomInputs(graph, rng.fork(`input ${i}`)))
  const ctx = standaloneContext(work, 'verify')
  const stages = []
  if (floatGraph !== undefined) {
    const floats = inputs.map((sample) => sample.map((values, i) => real(graph, i, values)))
    stages.push(...(await verifyStages({ floatGraph, int8Graph: graph, samples: floats }, ctx)).stages)
  }
  if (!isFloat) {
    const onBoard = await withFlashedModel(graph, request, work, ({ flashed, plan }) =>
      verifyStages(
        { int8Graph: graph, samples: inputs, others: [boardEvaluator(flashed, plan, work.signal)] },
        { ...ctx, progress: (done, total) => ctx.progress(done, total, 'every op on the board') },
      ),
    )
    stages.push(...onBoard.stages)
  }
  const passed = stages.every((stage) => stage.passed)
  return { file, against: against ?? null, seed: work.seed, stages, passed }
}

const hasInt8 = (graph: Graph) => graph.tensors.some((tensor) => tensor.dtype === 'int8')

/** What int8 values of input `index` stand for. */
function real(graph: Graph, index: number, values: TensorData): TensorData {
  const tensor = inputsOf(graph)[index]!
  if (tensor.dtype === 'float32') return values
  const [scale, zeroPoint] = [scaleOf(tensor), zeroPointOf(tensor)]
  return Float32Array.from(values as Int8Array, (value) => scale * (value - zeroPoint))
}
