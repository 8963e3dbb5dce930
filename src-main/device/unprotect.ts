// Takes read-out protection of level 1 off: the RDP option byte goes back to level 0, and the chip erases all of its flash
// on the way. Nothing else in Thimble writes option bytes. Sources: ST RM0090 3.6.2, 3.7.3, 3.9; RM0385 3.4.2, 3.5.1, 3.7;
// RM0433 4.4.3, 4.5.3, 4.9.

import { systemClock, type Clock } from '../base/clock.ts'
import { AppError, toAppError } from '../base/errors.ts'
import { addr, hexAddr, type Addr } from '../base/units.ts'
import type { BoardData, FlashKind } from './board-data.ts'
import type { Board } from './board.ts'
import { checkChip } from './chip-id.ts'
import { createCore } from './cortex-m.ts'
import { finishFlash, protectionLevel, type StatusRegister } from './flash-driver.ts'
import { F4_F7_STATUS_ERRORS } from './flash-f4.ts'
import { readFlash } from './foreign-flash.ts'
import type { Probe } from './probe.ts'

interface OptionRegisters {
  optkeyr: Addr
  /** OPTCR */
  control: Addr
  lock: number
  start: number
  /** the option word that holds RDP in bits 15:8: as it is, and where a new one is written */
  current: Addr
  wanted: Addr
  status: StatusRegister
  /** write-one-to-clear flags that an earlier program may have left */
  clear: { address: Addr; bits: number }
}

/** On these OPTCR itself holds the option word: one write changes and starts it. */
const ONE_REGISTER: OptionRegisters = {
  optkeyr: addr(0x40023c08),
  control: addr(0x40023c14),
  lock: 1 << 0,
  start: 1 << 1,
  current: addr(0x40023c14),
  wanted: addr(0x40023c14),
  status: { name: 'FLASH_SR', address: addr(0x40023c0c), busy: 1 << 16, errors: F4_F7_STATUS_ERRORS },
  clear: { address: addr(0x40023c0c), bits: F4_F7_STATUS_ERRORS.reduce((bits, { bit }) => bits | bit, 0) },
}

const REGISTERS: Readonly<Record<FlashKind, OptionRegisters>> = {
  f4: ONE_REGISTER,
  f7: ONE_REGISTER,
  h7: {
    optkeyr: addr(0x52002008),
    control: addr(0x52002018),
    lock: 1 << 0,
    start: 1 << 1,
    current: addr(0x5200201c),
    wanted: addr(0x52002020),
    status: {
      name: 'FLASH_OPTSR_CUR',
      address: addr(0x5200201c),
      busy: 1 << 0,
      errors: [{ bit: 1 << 30, name: 'OPTCHANGEERR', meaning: 'the option bytes could not be changed' }],
    },
    clear: { address: addr(0x52002024), bits: 1 << 30 },
  },
}

const OPTION_KEYS = [0x08192a3b, 0x4c5d6e7f] as const
const RDP_MASK = 0xff << 8
const RDP_LEVEL_0 = 0xaa << 8
/** Twice the data sheets' maximum for erasing all of flash (DS8626 table 40, DS10916 table 50, DS12110 table 56). */
const MASS_ERASE_TIMEOUT_MS = 32_000

export interface UnprotectReport {
  /** the level that was found */
  level: 0 | 1
  /** all of flash, when it had to be erased; 0 when the chip was open already */
  erasedBytes: number
}

/** What stops everything at level 2. */
export const lockedForGood = () =>
  new AppError('BOARD_LOCKED_FOR_GOOD', "The chip's flash is read-out protected (level 2), which nothing takes off.")

const levelOf = (options: number) => protectionLevel((options >>> 8) & 0xff)

/**
 * Brings a chip of level 1 to level 0, which erases all of its flash, and makes sure of both; a chip of level 0 is left
 * alone. The core stands at its reset vector afterwards. `onBytes` counts what has been looked at for being erased.
 * Throws BOARD_WRONG_CHIP, BOARD_LOCKED_FOR_GOOD, FLASH_FAILED, FLASH_VERIFY_FAILED, BOARD_GONE.
 */
export async function unprotect(
  { probe, data }: Pick<Board, 'probe' | 'data'>,
  { clock = systemClock, onBytes }: { clock?: Clock; onBytes?: (count: number) => void } = {},
): Promise<UnprotectReport> {
  await checkChip(probe, data)
  const registers = REGISTERS[data.flash.driver]
  const level = levelOf(await probe.readWord(registers.current))
  if (level === 2) throw lockedForGood()
  if (level === 0) return { level, erasedBytes: 0 }
  const core = createCore(probe, clock)
  await core.resetAndHalt()
  await programLevel0(registers, probe, clock)
  await core.resetAndHalt()
  await verifyOpen(registers, probe, data, onBytes)
  return { level, erasedBytes: data.flash.size }
}

async function programLevel0(registers: OptionRegisters, probe: Probe, clock: Clock) {
  const { optkeyr, control, lock, start, wanted, status, clear } = registers
  await probe.writeWord(clear.address, clear.bits)
  for (const key of OPTION_KEYS) await probe.writeWord(optkeyr, key)
  if ((await probe.readWord(control)) & lock) {
    throw new AppError('FLASH_FAILED', 'The option bytes stay locked. Only a reset opens them again.')
  }
  const options = (((await probe.readWord(wanted)) & ~RDP_MASK) | RDP_LEVEL_0) >>> 0
  if (wanted !== control) await probe.writeWord(wanted, options)
  const word = wanted === control ? options : await probe.readWord(control)
  // A word with the lock bit set would lock the option bytes again instead of changing them.
  await probe.writeWord(control, ((word & ~lock) | start) >>> 0)
  await finishFlash({ probe, clock }, status, 'Taking the protection off', MASS_ERASE_TIMEOUT_MS)
}

async function verifyOpen(
  { current }: OptionRegisters,
  probe: Probe,
  data: BoardData,
  onBytes?: (count: number) => void,
) {
  const level = levelOf(await probe.readWord(current))
  const flash = level === 0 ? await readFlash(probe, data, onBytes).catch(closedFlash) : undefined
  if (flash === undefined) {
    throw new AppError('FLASH_FAILED', 'Flash was erased, but it is still closed.', {
      hint: 'Switch the power of the board off and on, then run thimble board unprotect again.',
      context: { level },
    })
  }
  const at = flash.findIndex((byte) => byte !== 0xff)
  if (at < 0) return
  const address = hexAddr(data.flash.start + at)
  throw new AppError('FLASH_VERIFY_FAILED', `The protection is off, but flash at ${address} is not erased.`, {
    context: { address, found: flash[at] },
  })
}

function closedFlash(error: unknown): undefined {
  if (toAppError(error).code !== 'BOARD_FAULT') throw error
}
