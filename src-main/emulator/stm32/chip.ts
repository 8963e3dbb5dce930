// What a machine needs to know of a chip: its memories, and its peripherals on the bus.

import type { BoardData } from '../../device/board-data.ts'
import type { Bus, Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Processor } from '../core/processors.ts'
import type { Memory, MemoryBlock } from '../memory.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Usart } from './usart.ts'

/** What a system reset came from; the chip's reset flags say so. */
export type ResetCause = 'power' | 'pin' | 'software' | 'independent-watchdog' | 'window-watchdog' | 'low-power'

/** Read-out protection as the option bytes have it. */
export type ReadProtection = 0 | 1 | 2

/** What a board's flash is like before it is powered. */
export interface FlashFaults {
  /** level of read-out protection */
  readProtection?: ReadProtection | undefined
  /** indices of write-protected sectors */
  writeProtected?: readonly number[] | undefined
  /** addresses of flash words whose error correction has something to do: one wrong bit is corrected, two are not (H7) */
  wrongBits?: readonly { address: number; bits: 1 | 2 }[] | undefined
}

/** The flash controller, as the rest of the machine sees it. */
export interface GuardedFlash {
  readonly readProtection: ReadProtection
  /** the user's option bytes, as FLASH_OPTCR (F4, F7) and FLASH_OPTSR_CUR (H7) show them */
  readonly userOptions: number
  /** A debugger has come: protected flash is closed until the power was off. */
  intrude(): void
  /** the power comes back */
  powerUp(): void
}

/** Reset and clock control, as the rest of the machine sees it. */
export interface Clocks extends Peripheral {
  /** the core's clock */
  readonly coreHz: number
  /** core cycles in one cycle of the clock of the serial line */
  readonly apb1Divider: number
  reset(cause: ResetCause): void
}

/** What a chip's peripherals are built on. */
export interface ChipSite {
  memory: Memory
  code: CodeCache
  bus: Bus
  scheduler: Scheduler
  data: BoardData
  wornSectors: ReadonlySet<number>
  flashFaults: FlashFaults
  clockChanged: () => void
  /** told of the flash's access control register whenever it changes */
  onAccessControl: (acr: number) => void
  interrupt: (number: number) => void
  requestReset: (cause: ResetCause) => void
}

export interface ChipParts {
  rcc: Clocks
  flash: GuardedFlash
  /** the USART that the board brings out */
  serialPort: Usart
  /** system reset of everything but `rcc` */
  reset(cause: ResetCause): void
  /** whether the option bytes make of the low-power mode that PWR is set to a reset */
  deepSleepResets(): boolean
}

/** nRST_STOP and nRST_STDBY: cleared, going there is a reset. The same bits on every chip here. */
const NRST = { STOP: 1 << 6, STANDBY: 1 << 7 } as const

export const deepSleepResets = ({ userOptions }: GuardedFlash, standby: boolean): boolean =>
  (userOptions & (standby ? NRST.STANDBY : NRST.STOP)) === 0

export interface Chip {
  processor: Processor
  interrupts: number
  priorityBits: number
  /** where the core finds its vector table after reset */
  vectorTable: number
  memoryBlocks(data: BoardData): MemoryBlock[]
  attach(site: ChipSite): ChipParts
}

/** Buses whose other peripherals are not modelled: they read as zero and ignore writes. */
export type SilentRange = readonly [start: number, size: number]
