import { AppError } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { compareStages, inputsFor, type StageReport } from './compare-stages.ts'
import { interpreterEvaluator, type Evaluator } from './evaluator.ts'
import { EXACT, REPORT } from './gates.ts'

export interface VerifyReport {
  stages: StageReport[]
  passed: boolean
}

export interface VerifyRequest {
  /** the model before quantization, where there is one */
  floatGraph?: Graph
  /** what is packed and flashed; a float graph may stand here too */
  int8Graph: Graph
  /** values for the inputs of floatGraph where given, else of int8Graph; one entry a sample */
  samples: readonly (readonly TensorData[])[]
  /** runs int8Graph somewhere else: the firmware built for the host, or on a board. Gated at exact equality. */
  others?: readonly Evaluator[]
}

/** Float against int8 (reported), then the interpreter against each other stage (exact), layer by layer. */
export async function verifyStages(
  { floatGraph, int8Graph, samples, others = [] }: VerifyRequest,
  ctx: Pick<StageContext, 'signal' | 'progress'>,
): Promise<VerifyReport> {
  const int8 = interpreterEvaluator(int8Graph, 'int8 interpreter')
  const stages: StageReport[] = []
  let exactSamples = samples
  if (floatGraph !== undefined) {
    const reference = interpreterEvaluator(floatGraph, 'float interpreter')
    stages.push(await compareStages({ reference, candidate: int8, samples, gate: REPORT }, ctx))
    exactSamples = samples.map((sample) => inputsFor(int8Graph, floatGraph, sample))
  }
  for (const candidate of others)
    stages.push(await compareStages({ reference: int8, candidate, samples: exactSamples, gate: EXACT }, ctx))
  return { stages, passed: stages.every((stage) => stage.passed) }
}

/** Throws VERIFY_FAILED that names the first layer over its gate. */
export function assertPassed(report: VerifyReport): void {
  for (const stage of report.stages) {
    const layer = stage.layers.find((layer) => !layer.passed)
    if (layer === undefined) continue
    const errors = layer.own ?? layer.accumulated
    throw new AppError(
      'VERIFY_FAILED',
      `Layer ${layer.index} ${layer.op} (${layer.output}) of the ${stage.candidate} differs from the ` +
        `${stage.reference} in ${errors.mismatches} of ${errors.values} values, by at most ${errors.maxAbs}.`,
      { context: { stage: stage.candidate, layer } },
    )
  }
}
