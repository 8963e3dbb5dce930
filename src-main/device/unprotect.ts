// Taking off read-out protection of level 1, the only thing here that writes option bytes. The chip erases all of its
// flash while it goes back to level 0. Sources: ST RM0090 3.7.3 and 3.9.10 (F4), RM0385 3.4.2 and 3.7.5 (F7),
// RM0433 4.5.3 and 4.9.10 (H7).

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Progress } from '../base/progress.ts'
import { addr, hexAddr, type Addr } from '../base/units.ts'
import type { BoardData, FlashKind } from './board-data.ts'
import { readFlash } from './foreign-flash.ts'
import { createFlashDriver } from './flash-drivers.ts'
import type { Probe } from './probe.ts'

interface OptionRegisters {
  keys: Addr
  /** lock and start bits */
  control: Addr
  /** what the option bytes are to become; the same register as `control` on F4 and F7 */
  program: Addr
  status: Addr
  busy: number
}

const F4_F7: OptionRegisters = {
  keys: addr(0x40023c08), // FLASH_OPTKEYR
  control: addr(0x40023c14), // FLASH_OPTCR
  program: addr(0x40023c14),
  status: addr(0x40023c0c), // FLASH_SR
  busy: 1 << 16, // BSY
}
const REGISTERS: Readonly<Record<FlashKind, OptionRegisters>> = {
  f4: F4_F7,
  f7: F4_F7,
  h7: {
    keys: addr(0x52002008), // FLASH_OPTKEYR
    control: addr(0x52002018), // FLASH_OPTCR
    program: addr(0x52002020), // FLASH_OPTSR_PRG
    status: addr(0x5200201c), // FLASH_OPTSR_CUR
    busy: 1 << 0, // OPT_BUSY
  },
}
const KEYS = [0x08192a3b, 0x4c5d6e7f]
const LOCK = 1 << 0
const START = 1 << 1
const RDP_MASK = 0xff00
const RDP_LEVEL_0 = 0xaa00
/** Twice the longest mass erase of the data sheets, that of the F407's megabyte (DS8626 table 40: 16 s). */
const TIMEOUT_MS = 32_000
const ERASED = 0xff

/** What nothing can undo. */
export const lockedForGood = () =>
  new AppError('BOARD_LOCKED', 'The chip is read-out protected at level 2, which closes it to every debugger for good.')

/**
 * Brings a chip from level 1 to level 0, which erases its flash, and makes sure of both. Returns false where the chip
 * was not protected; nothing is written then. Throws BOARD_LOCKED at level 2, FLASH_FAILED, and what the probe throws.
 */
export async function unprotect(
  { probe, data }: { probe: Probe; data: BoardData },
  { clock, progress }: { clock: Clock; progress: Progress },
): Promise<boolean> {
  const flash = createFlashDriver(data.flash.driver, probe, clock)
  const { level } = await flash.protection()
  if (level === 2) throw lockedForGood()
  if (level === 0) return false
  await programLevel0(probe, REGISTERS[data.flash.driver], clock, progress)
  const after = await flash.protection()
  if (after.level !== 0) throw new AppError('FLASH_FAILED', `The chip stays at protection level ${after.level}.`)
  let done = 0
  const content = await readFlash(probe, data, (count) => progress((done += count), data.flash.size, 'verify'))
  const kept = content.findIndex((byte) => byte !== ERASED)
  if (kept >= 0) throw new AppError('FLASH_FAILED', `Flash was not erased at ${hexAddr(data.flash.start + kept)}.`)
  return true
}

async function programLevel0(probe: Probe, at: OptionRegisters, clock: Clock, progress: Progress): Promise<void> {
  for (const key of KEYS) await probe.writeWord(at.keys, key)
  const control = await probe.readWord(at.control)
  if (control & LOCK) {
    throw new AppError('FLASH_FAILED', 'The option bytes stay locked. Only a reset opens them again.')
  }
  const options = ((await probe.readWord(at.program)) & ~RDP_MASK) | RDP_LEVEL_0
  // One write where it is one register: the chip takes the bytes as they are when START is set.
  if (at.program === at.control) await probe.writeWord(at.control, (options | START) >>> 0)
  else {
    await probe.writeWord(at.program, options >>> 0)
    await probe.writeWord(at.control, control | START)
  }
  const start = clock.monotonicMs()
  for (;;) {
    if (((await probe.readWord(at.status)) & at.busy) === 0) return
    const passed = clock.monotonicMs() - start
    if (passed > TIMEOUT_MS) throw new AppError('FLASH_FAILED', 'Erasing all of flash does not end.')
    progress(passed, TIMEOUT_MS, 'erase all of flash')
    await nextTurn()
  }
}
