import { AppError, toAppError } from '../base/errors.ts'
import type { Provenance } from '../base/provenance.ts'
import type { BoardSummary } from '../contract/api.ts'
import { BOARDS, findBoardData, type BoardData } from '../device/board-data.ts'
import type { Board } from '../device/board.ts'
import { readChipId } from '../device/chip-id.ts'
import type { Probe } from '../device/probe.ts'
import { listSerialPorts } from '../device/serial-ports.ts'
import { listUsbProbes, openUsbProbe } from '../device/usb-probes.ts'
import { openVirtualBoard } from '../emulator/virtual-board.ts'
import { isSerialBoard, serialId } from './serial-board.ts'
import type { WorkerFiles } from './job-messages.ts'

const VIRTUAL = 'virtual:'
const STLINK = 'stlink:'

/** The virtual boards, and the probes and serial ports that are plugged in now. */
export async function listBoards(): Promise<BoardSummary[]> {
  const probes = (await listUsbProbes()).map((probe) => ({ ...probe, kind: 'probe' as const }))
  const ports = (await listSerialPorts()).map((port) => ({ ...port, id: serialId(port.path), kind: 'serial' as const }))
  return [
    ...BOARDS.map(virtualSummary),
    ...[...probes, ...ports].map(({ id, name, kind, state, detail }) => ({
      id,
      name,
      core: '',
      clock_hz: 0,
      flash_bytes: 0,
      ram_bytes: 0,
      budget_flash_bytes: 0,
      budget_ram_bytes: 0,
      kind,
      provenance: 'hardware' as const,
      timing: 'hardware' as const,
      state,
      detail,
    })),
  ]
}

/** What an emulated cycle is (docs/timing.md). */
const cyclesAre = (data: BoardData) =>
  data.core === 'cortex-m7'
    ? 'cycles are an estimate: dual issue, caches and waits by what others measured, not calibrated on a chip'
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
  timing: data.timing,
  state: 'ready',
  detail: cyclesAre(data),
})

/** The facts of a virtual board. Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED. */
export function virtualBoardData(id: string): BoardData {
  const data = id.startsWith(VIRTUAL) ? findBoardData(id.slice(VIRTUAL.length)) : undefined
  if (data !== undefined) return data
  if (id.startsWith(STLINK)) throw new AppError('BOARD_UNSUPPORTED', `${id} is not a virtual board.`)
  if (isSerialBoard(id)) {
    throw new AppError('SERIAL_NO_PROBE', `${id} has no probe: over a serial line a flashed board can infer, no more.`)
  }
  throw new AppError('BOARD_UNKNOWN', `There is no board ${id}.`)
}

export interface ConnectWish {
  /** keeps the target in reset while the probe connects; else that is tried when the target does not answer */
  underReset?: boolean
  /** Virtual boards only: bytes that left its serial port, and at which rate. */
  onSerial?: (bytes: Uint8Array, baud: number) => void
}

/** The facts of a board: behind a probe its chip is asked. Throws what openBoard throws. */
export async function boardDataOf(id: string, wish: ConnectWish = {}): Promise<BoardData> {
  if (!id.startsWith(STLINK)) return virtualBoardData(id)
  const { data, close } = await openProbedBoard(id, wish)
  await close()
  return data
}

/** What numbers from a board are. */
export const boardProvenance = (id: string): Provenance => (id.startsWith(VIRTUAL) ? 'emulated' : 'hardware')

/**
 * `virtualFlash` is what the flash of a virtual board holds at power-on, from its start. Throws BOARD_UNKNOWN,
 * BOARD_UNSUPPORTED, and what openUsbProbe throws. Whoever opens a board closes it.
 */
export async function openBoard(
  id: string,
  workers: WorkerFiles,
  wish: ConnectWish = {},
  virtualFlash?: Uint8Array,
): Promise<Board> {
  if (id.startsWith(STLINK)) return openProbedBoard(id, wish)
  const { underReset = false, ...listener } = wish
  return openVirtualBoard(virtualBoardData(id), {
    worker: workers.emulator,
    underReset,
    flash: virtualFlash,
    ...listener,
  })
}

/**
 * Opens by `connect`, and once more under reset when the target does not answer: a program that sleeps or reuses the
 * pins of SWD is stopped that way before it starts. Throws what `connect` throws.
 */
export async function connectOrReset(
  connect: (underReset: boolean) => Promise<Probe>,
  { underReset = false }: ConnectWish,
): Promise<Probe> {
  try {
    return await connect(underReset)
  } catch (error) {
    if (underReset || toAppError(error).code !== 'TARGET_UNREACHABLE') throw error
    return connect(true)
  }
}

async function openProbedBoard(id: string, wish: ConnectWish): Promise<Board> {
  const probe = await connectOrReset((underReset) => openUsbProbe(id, undefined, { underReset }), wish)
  try {
    const data = await identifyChip(probe)
    return { id, data, provenance: 'hardware', timing: 'hardware', probe, close: () => probe.close() }
  } catch (error) {
    await probe.close()
    throw error
  }
}

/** Which of the known boards has the chip behind the probe. Throws BOARD_UNSUPPORTED. */
export async function identifyChip(probe: Probe): Promise<BoardData> {
  for (const data of BOARDS) {
    // A chip of another family may have nothing at this address.
    const code = await readChipId(probe, data).catch(ignoreFault)
    if (code === data.idCode) return data
  }
  throw new AppError('BOARD_UNSUPPORTED', 'The chip behind the probe is none that this version knows.')
}

function ignoreFault(error: unknown): undefined {
  if (toAppError(error).code !== 'BOARD_FAULT') throw error
}
