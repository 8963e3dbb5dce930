import type { Graph, TensorData } from '../../ir/graph.ts'
import { assertPassed, verifyStages, type VerifyReport } from '../../verify/verify-stages.ts'
import { jsonArtifact, type JobContext } from '../job-context.ts'

export interface VerifyInput {
  /** what is packed and flashed */
  graph: Graph
  /** the model before quantization, where there is one */
  floatGraph: Graph | undefined
  /** values for the inputs of floatGraph where given, else of graph */
  samples: readonly (readonly TensorData[])[]
}

export const VERIFICATION_FILE = 'verification.json'

/**
 * Float model against int8 model, layer by layer. A model that comes without its float form has nothing to be held
 * against here: the comparison with the board, which needs the board, opens the benchmark. Throws VERIFY_FAILED.
 */
export async function verify({ graph, floatGraph, samples }: VerifyInput, ctx: JobContext): Promise<VerifyReport> {
  const report = await verifyStages({ floatGraph, int8Graph: graph, samples }, ctx)
  ctx.artifact(VERIFICATION_FILE, jsonArtifact(report))
  const [stage] = report.stages
  ctx.fact('layers', stage?.layers.length ?? 0)
  if (stage === undefined) return report
  const last = stage.layers.at(-1)!
  ctx.fact('samples', stage.samples)
  ctx.fact('max_error', last.accumulated.maxAbs)
  if (last.accumulated.sqnrDb !== null) ctx.metric('sqnr_db', last.accumulated.sqnrDb, 'host')
  assertPassed(report)
  return report
}
