import { planListing } from '../plan/listing.ts'
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
  /** the generated machine code as text, too */
  listing: boolean
}

export interface PlanFileReport extends PlanReport {
  /** assembly of all layers, for GNU as and for people; absent where it was not asked for */
  listing?: string
}

/** Where a model would lie in a board's memories. Throws MODEL_TOO_LARGE and what planModel throws. */
export async function planModelFile(request: PlanRequest): Promise<PlanFileReport> {
  const { file, boardId, assetsDir, kernels, listing } = request
  const board = await boardDataOf(boardId)
  const { graph } = readModelFile(file)
  const plan = planFor({ graph, board, firmware: loadFirmware(assetsDir, board), kernels })
  checkBudget(plan)
  return { ...planReport(plan), ...(listing ? { listing: planListing(plan) } : {}) }
}
