import type { Plan } from '../plan/plan.ts'
import type { PlannedKernel } from '../plan/planned-kernel.ts'

/** A plan as `thimble plan --json` prints it and as it is kept with a run. */
export function planReport(plan: Plan) {
  return {
    board: plan.target.board,
    fits: plan.fits,
    rewrites: plan.rewrites,
    flash: { ...plan.flash, ...plan.constants },
    ram: { ...plan.ram, lowerBound: plan.lowerBoundBytes },
    stack: plan.stack,
    arena: plan.tensors.map(({ name, offset, bytes, firstOp, lastOp }) => ({ name, offset, bytes, firstOp, lastOp })),
    kernels: plan.kernels.map((kernel, index) => ({
      index,
      op: plan.graph.ops[index]!.kind,
      ...kernelReport(kernel),
    })),
    latency: plan.latency,
  }
}

export type PlanReport = ReturnType<typeof planReport>

/** What runs an op and why; null where a plain kernel has no such thing. */
function kernelReport(kernel: PlannedKernel) {
  const { source, reason } = kernel
  if (source === 'plain')
    return {
      source,
      reason,
      family: null,
      weights: null,
      codeBytes: 0,
      constantBytes: 0,
      scratchBytes: 0,
      stackBytes: 0,
    }
  const { family, kernel: emitted } = kernel.emitted
  return {
    source,
    reason,
    family,
    weights: kernel.weights,
    codeBytes: emitted.code.bytes.length,
    constantBytes: emitted.constants.length,
    scratchBytes: emitted.scratchBytes,
    stackBytes: emitted.stackBytes,
  }
}
