// What the board itself answers: checked op by op against the interpreter, profiled once, then streamed. Every sample
// is one inference that the firmware executed on an input sent over the link; scores come from the bytes it sent back.

import { AppError } from '../../base/errors.ts'
import type { Us } from '../../base/units.ts'
import { latencyOf, summarizeLatency, type LatencySummary } from '../../bench/latency.ts'
import { profileInference, type ProfiledInference } from '../../bench/profile.ts'
import type { Sample } from '../../contract/run.ts'
import { opMacs } from '../../ir/op-table.ts'
import { createInterpreter } from '../../ir/interpreter/interpreter.ts'
import type { Plan } from '../../plan/plan.ts'
import { rocAuc } from '../../verify/metrics.ts'
import { assertPassed, verifyStages, type VerifyReport } from '../../verify/verify-stages.ts'
import { boardEvaluator } from '../board-evaluator.ts'
import { jsonArtifact, type JobContext } from '../job-context.ts'
import { bytesOf } from '../model-io.ts'
import type { Workload } from '../workload.ts'
import type { Flashed } from './flash.ts'
import { VERIFICATION_FILE } from './verify.ts'

export interface BenchInput {
  flashed: Flashed
  plan: Plan
  workload: Workload
  /** what was compared before there was a board */
  verified: VerifyReport
}

export interface BenchResult {
  latency: LatencySummary
  /** null where the workload scores nothing */
  aucBoard: number | null
  profile: ProfiledInference
  /** the stages before, and board against interpreter, which is exact */
  verification: VerifyReport
}

const BATCH_MS = 50
/** Inputs for which every op is compared: more of them for a small model. */
const CHECKED_MACS = 2e6
const MOST_CHECKED = 5

/** Throws VERIFY_FAILED when a byte from the board differs from the interpreter's, and what the link throws. */
export async function bench(input: BenchInput, ctx: JobContext): Promise<BenchResult> {
  const { flashed, plan, workload } = input
  const { session, hello, model } = flashed
  const { provenance, timing } = session.board
  const { graph } = plan

  const verification = await checkBoard(input, ctx)
  const ops = graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))
  const first = workload.inputs(0).map(bytesOf)
  const profile = await profileInference(session, model, hello.clock, first, ops, ctx.signal)
  if (profile.instructions !== null) ctx.metric('instructions', profile.instructions, provenance)
  ctx.artifact('profile.json', jsonArtifact({ ...profile, outputs: undefined }))

  const stream = await streamWorkload(input, ctx)
  const latency = summarizeLatency(stream.latencies, timing)!
  ctx.metric('latency_p50_us', latency.p50, timing)
  ctx.metric('latency_p95_us', latency.p95, timing)
  ctx.metric('latency_p99_us', latency.p99, timing)
  ctx.metric('latency_max_us', latency.max, timing)
  ctx.fact('inferences', latency.count)
  ctx.fact('inferences_equal_to_interpreter', latency.count)
  return { latency, aucBoard: stream.auc, profile, verification }
}

/** Every op on the board against the interpreter, exactly. */
async function checkBoard({ flashed, plan, workload, verified }: BenchInput, ctx: JobContext): Promise<VerifyReport> {
  const macs = plan.latency.ops.reduce((sum, op) => sum + op.macs, 0)
  const count = Math.min(workload.count, Math.max(1, Math.min(MOST_CHECKED, Math.floor(CHECKED_MACS / (macs + 1)))))
  const report = await verifyStages(
    {
      int8Graph: plan.source,
      samples: Array.from({ length: count }, (_, i) => workload.inputs(i)),
      others: [boardEvaluator(flashed, plan, ctx.signal)],
    },
    { signal: ctx.signal, progress: (done, total) => ctx.progress(done, total, 'comparing every op') },
  )
  const stages = [...verified.stages, ...report.stages]
  const whole = { stages, passed: stages.every((stage) => stage.passed) }
  ctx.artifact(VERIFICATION_FILE, jsonArtifact(whole))
  assertPassed(report)
  const [{ layers }] = report.stages as [VerifyReport['stages'][number]]
  ctx.fact('ops_equal_to_interpreter', layers.length)
  ctx.fact(
    'values_equal_to_interpreter',
    layers.reduce((sum, layer) => sum + layer.accumulated.values, 0),
  )
  return whole
}

async function streamWorkload({ flashed, plan, workload }: BenchInput, ctx: JobContext) {
  const { session, hello } = flashed
  const { provenance, timing } = session.board
  const firmware = session.firmware()
  const interpreter = createInterpreter(plan.source)
  const latencies: Us[] = []
  const scores: number[] = []
  const labels: number[] = []
  let auc: number | null = null
  let batch: Sample[] = []
  let lastBatchMs = ctx.clock.monotonicMs()
  let lastCycles = 0

  const sendBatch = async () => {
    if (batch.length === 0) return
    ctx.samples(batch)
    batch = []
    lastBatchMs = ctx.clock.monotonicMs()
    ctx.progress(latencies.length, workload.count, 'inferences')
    await session.takeMarks() // nobody reads them here, and they would pile up
    if (!labels.includes(0) || !labels.includes(1)) return
    auc = rocAuc(scores, labels)
    ctx.metric('auc_board', auc, provenance, latencies.length)
  }

  for (let index = 0; index < workload.count; index++) {
    const inputs = workload.inputs(index)
    const { outputs, cycles } = await firmware.infer(inputs.map(bytesOf), { signal: ctx.signal })
    const latency = latencyOf(cycles, hello.clock)
    if (cycles === null || latency === null) {
      throw new AppError('BOARD_UNSUPPORTED', `${session.board.data.board} counts no cycles, so it has no latency.`)
    }
    requireEqual(index, outputs, interpreter.run(inputs).map(bytesOf))
    const scored = workload.score?.(index, outputs) ?? null
    if (scored !== null) {
      scores.push(scored.score)
      labels.push(scored.label)
    }
    latencies.push(latency)
    lastCycles = cycles
    batch.push({ index, latency_us: latency, cycles, score: scored?.score ?? null, label: scored?.label ?? null })
    if (ctx.clock.monotonicMs() - lastBatchMs >= BATCH_MS) await sendBatch()
  }
  await sendBatch()
  ctx.metric('cycles', lastCycles, timing)
  return { latencies, auc }
}

function requireEqual(index: number, board: readonly Uint8Array[], host: readonly Uint8Array[]): void {
  if (board.every((bytes, i) => Buffer.compare(bytes, host[i]!) === 0)) return
  throw new AppError('VERIFY_FAILED', `Inference ${index}: the board's output differs from the interpreter's.`)
}
