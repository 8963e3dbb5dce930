import type { Plan } from '../plan/plan.ts'

/** A plan as `thimble plan --json` prints it and as it is kept with a run. */
export function planReport(plan: Plan) {
  return {
    board: plan.target.board,
    fits: plan.fits,
    flash: { ...plan.flash, ...plan.constants },
    ram: { ...plan.ram, lowerBound: plan.lowerBoundBytes },
    arena: plan.tensors.map(({ name, offset, bytes, firstOp, lastOp }) => ({ name, offset, bytes, firstOp, lastOp })),
    latency: plan.latency,
  }
}

export type PlanReport = ReturnType<typeof planReport>
