import { AppError } from '../base/errors.ts'
import type { Provenance } from '../base/provenance.ts'
import type { BoardSummary } from '../contract/api.ts'
import { BOARDS, findBoardData, type BoardData } from '../device/board-data.ts'
import type { Board } from '../device/board.ts'
import { listUsbProbes } from '../device/usb-probes.ts'
import { openVirtualBoard } from '../emulator/virtual-board.ts'
import type { WorkerFiles } from './job-messages.ts'

const VIRTUAL = 'virtual:'

/** The virtual boards, and the probes that are plugged in now. */
export async function listBoards(): Promise<BoardSummary[]> {
  const probes = await listUsbProbes()
  return [
    ...BOARDS.map(virtualSummary),
    ...probes.map((probe) => ({
      id: probe.id,
      name: probe.name,
      core: '',
      clock_hz: 0,
      flash_bytes: 0,
      ram_bytes: 0,
      budget_flash_bytes: 0,
      budget_ram_bytes: 0,
      kind: 'probe' as const,
      provenance: 'hardware' as const,
      state: probe.state,
      detail: probe.detail,
    })),
  ]
}

/** What an emulated cycle is (docs/timing.md). */
const cyclesAre = (data: BoardData) =>
  data.core === 'cortex-m7'
    ? 'cycles are an estimate: by the timing of a Cortex-M4 with zero-wait memory, not of a calibrated Cortex-M7'
    : 'cycles by Arm’s tables and the flash wait states, not calibrated on a chip'

const virtualSummary = (data: BoardData): BoardSummary => ({
  id: VIRTUAL + data.id,
  name: data.board,
  core: data.core,
  clock_hz: data.clock,
  flash_bytes: data.flash.size,
  ram_bytes: data.ram.reduce((sum, region) => sum + region.size, 0),
  budget_flash_bytes: data.budget.flashWeights,
  budget_ram_bytes: data.budget.ramActivations,
  kind: 'virtual',
  provenance: 'emulated',
  state: 'ready',
  detail: cyclesAre(data),
})

/** The facts of a board that can be driven. Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED. */
export function boardDataOf(id: string): BoardData {
  const data = id.startsWith(VIRTUAL) ? findBoardData(id.slice(VIRTUAL.length)) : undefined
  if (data !== undefined) return data
  if (id.startsWith('stlink:')) {
    throw new AppError('BOARD_UNSUPPORTED', `${id}: this version does not drive ST-Link probes yet.`)
  }
  throw new AppError('BOARD_UNKNOWN', `There is no board ${id}.`)
}

/** What numbers from a board are. */
export const boardProvenance = (id: string): Provenance => (id.startsWith(VIRTUAL) ? 'emulated' : 'hardware')

/** Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED. Whoever opens a board closes it. */
export function openBoard(id: string, workers: WorkerFiles): Promise<Board> {
  return openVirtualBoard(boardDataOf(id), { worker: workers.emulator })
}
