import { createRng } from '../base/rng.ts'
import { withFlashedModel, type BoardPlace } from './flashed-model.ts'
import { readModelFile } from './read-model-file.ts'
import { bench } from './stages/bench.ts'
import { makeData } from './stages/data.ts'
import { standaloneContext, type Standalone } from './standalone.ts'
import { anomalyWorkload, randomWorkload } from './workload.ts'

export interface BenchRequest extends BoardPlace {
  file: string
  /** whose held-out windows are scored; random inputs without one */
  task?: 'ad' | undefined
  quick: boolean
}

/** Latency of a model on a board, and its AUC where a task gives windows to score. */
export async function benchModel({ file, task, quick, ...place }: BenchRequest, work: Standalone) {
  const { graph } = readModelFile(file)
  const workload =
    task === undefined
      ? randomWorkload(graph, createRng(work.seed).fork('random inputs'), quick)
      : anomalyWorkload(graph, await makeData(quick ? 'quick' : 'full', standaloneContext(work, 'data')))
  return withFlashedModel(graph, place, work, async ({ board, packed, plan, flashed }) => {
    const verified = { stages: [], passed: true }
    const ctx = standaloneContext(work, 'bench')
    const { latency, aucBoard, profile, verification } = await bench({ flashed, plan, workload, verified }, ctx)
    return {
      board: place.boardId,
      provenance: board.provenance,
      timing: board.timing,
      clockHz: flashed.hello.clock,
      task: task ?? null,
      seed: work.seed,
      quick,
      inferences: latency.count,
      latencyUs: { p50: latency.p50, p95: latency.p95, p99: latency.p99, min: latency.min, max: latency.max },
      aucBoard,
      instructions: profile.instructions,
      cycles: profile.cycles,
      layers: profile.layers,
      opsEqualToInterpreter: verification.stages[0]!.layers.length,
      flashBytes: packed.flashBytes,
      ramBytes: { arena: plan.arenaBytes, lowerBound: plan.lowerBoundBytes },
    }
  })
}
