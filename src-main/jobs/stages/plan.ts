import { bytes } from '../../base/units.ts'
import type { BoardData } from '../../device/board-data.ts'
import type { Graph } from '../../ir/graph.ts'
import { checkBudget, planModel, type Plan } from '../../plan/plan.ts'
import type { KernelSource } from '../../plan/planned-kernel.ts'
import type { Firmware } from '../firmware-image.ts'
import { jsonArtifact, type JobContext } from '../job-context.ts'
import { planReport } from '../plan-report.ts'

export interface PlanInput {
  graph: Graph
  board: BoardData
  firmware: Firmware
  kernels: KernelSource
}

/** Places the model in the board's memories. Throws MODEL_TOO_LARGE and what planModel throws. */
export function plan(input: PlanInput, ctx: JobContext): Plan {
  const planned = planFor(input)
  ctx.fact('arena_bytes', planned.arenaBytes)
  ctx.fact('arena_lower_bound_bytes', planned.lowerBoundBytes)
  ctx.fact('constants_bytes', planned.constants.total)
  ctx.fact('estimated_latency_us', planned.latency.latencyUs)
  ctx.artifact('plan.json', jsonArtifact(planReport(planned)))
  checkBudget(planned)
  ctx.metric('ram_bytes', planned.arenaBytes, 'host')
  ctx.metric(
    'macs',
    planned.latency.ops.reduce((sum, op) => sum + op.macs, 0),
    'host',
  )
  return planned
}

/**
 * After exact rewrites. The budget for activations is never more than what the firmware leaves; the stack is the firmware's
 * too.
 */
export function planFor({ graph, board, firmware, kernels }: PlanInput): Plan {
  const ramActivations = bytes(Math.min(board.budget.ramActivations, firmware.arenaBytes))
  const { kernelStackBytes: kernelStack } = firmware
  const target = { ...board, kernelStack, budget: { ...board.budget, ramActivations } }
  return planModel(graph, target, { kernels, rewrite: true })
}
