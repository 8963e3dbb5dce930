import { checkBudget } from '../plan/plan.ts'
import type { KernelSource } from '../plan/planned-kernel.ts'
import { boardDataOf } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import { planReport, type PlanReport } from './plan-report.ts'
import { readModelFile } from './read-model-file.ts'
import { planFor } from './stages/plan.ts'

export interface PlanRequest {
  file: string
  boardId: string
  assetsDir: string
  kernels: KernelSource
}

/** Where a model would lie in a board's memories. Throws MODEL_TOO_LARGE and what planModel throws. */
export async function planModelFile({ file, boardId, assetsDir, kernels }: PlanRequest): Promise<PlanReport> {
  const board = await boardDataOf(boardId)
  const { graph } = readModelFile(file)
  const plan = planFor({ graph, board, firmware: loadFirmware(assetsDir, board), kernels })
  checkBudget(plan)
  return planReport(plan)
}
