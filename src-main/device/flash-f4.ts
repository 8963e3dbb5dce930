// The flash controllers of the STM32F405/407 and of the STM32F74x, which differ in their sectors' protection bits and in
// the name of one flag. Sources: ST RM0090 chapter 3, RM0385 chapter 3. The supply is taken as 2.7 to 3.6 V
// (programming by words).

import type { Clock } from '../base/clock.ts'
import { KB, addr, hexAddr } from '../base/units.ts'
import {
  clearBits,
  errorBits,
  finishFlash,
  protectionLevel,
  staysLocked,
  type FlashDriver,
  type StatusRegister,
} from './flash-driver.ts'
import type { Probe } from './probe.ts'

const KEYR = addr(0x40023c04)
const SR = addr(0x40023c0c)
const CR = addr(0x40023c10)
const OPTCR = addr(0x40023c14)

const KEY1 = 0x45670123
const KEY2 = 0xcdef89ab

const CR_PG = 1 << 0
const CR_SER = 1 << 1
const CR_SNB_SHIFT = 3
const CR_PSIZE_WORD = 2 << 8
const CR_STRT = 1 << 16
const CR_LOCK = 0x80000000

/** FLASH_SR's flags that both chips have */
export const F4_F7_STATUS_ERRORS: StatusRegister['errors'] = [
  { bit: 1 << 1, name: 'OPERR', meaning: 'the operation could not be carried out' },
  { bit: 1 << 4, name: 'WRPERR', meaning: 'the sector is write-protected' },
  { bit: 1 << 5, name: 'PGAERR', meaning: 'the data crosses a 128-bit row' },
  { bit: 1 << 6, name: 'PGPERR', meaning: 'the access has another width than PSIZE' },
]

interface Variant {
  errors: StatusRegister['errors']
  /** OPTCR.nWRP has a bit for each sector, from bit 16 on */
  sectors: number
}

/** nWRP: RM0090 3.9.10 */
const F4: Variant = {
  errors: [
    ...F4_F7_STATUS_ERRORS,
    { bit: 1 << 7, name: 'PGSERR', meaning: 'written without PG set' },
    { bit: 1 << 8, name: 'RDERR', meaning: 'the sector is read-protected' },
  ],
  sectors: 12,
}
/** nWRP: RM0385 3.7.6 */
const F7: Variant = {
  errors: [
    ...F4_F7_STATUS_ERRORS,
    { bit: 1 << 7, name: 'ERSERR', meaning: 'the control register is not set up for it' },
  ],
  sectors: 8,
}

/** Twice the data sheets' maximum for the largest sector (DS8626 table 40, DS10916 table 50). */
const ERASE_TIMEOUT_MS = 8000
const PROGRAM_TIMEOUT_MS = 2000
const CHUNK_BYTES = 1 * KB

function createFlash(variant: Variant, probe: Probe, clock: Clock): FlashDriver {
  const status: StatusRegister = { name: 'FLASH_SR', address: SR, busy: 1 << 16, errors: variant.errors }
  const finish = (what: string, timeoutMs: number) => finishFlash({ probe, clock }, status, what, timeoutMs)

  async function unlock() {
    if ((await probe.readWord(CR)) & CR_LOCK) {
      await probe.writeWord(KEYR, KEY1)
      await probe.writeWord(KEYR, KEY2)
    }
    if ((await probe.readWord(CR)) & CR_LOCK) throw staysLocked()
    await probe.writeWord(SR, errorBits(status)) // what an earlier program left
  }

  return {
    programBytes: 4,

    async protection() {
      const options = await probe.readWord(OPTCR)
      return {
        level: protectionLevel((options >>> 8) & 0xff),
        writeProtected: clearBits(options >>> 16, variant.sectors),
      }
    },

    async unlocked(work) {
      await unlock()
      try {
        return await work()
      } finally {
        // An unplugged probe can't lock any more: what went wrong in `work` is what matters then.
        await probe.writeWord(CR, CR_LOCK >>> 0).catch(() => undefined)
      }
    },

    async erase(sector) {
      await probe.writeWord(CR, CR_SER | (sector.index << CR_SNB_SHIFT) | CR_PSIZE_WORD | CR_STRT)
      await finish(`Erasing sector ${sector.index} at ${hexAddr(sector.start)}`, ERASE_TIMEOUT_MS)
      await probe.writeWord(CR, 0)
    },

    programSetup: () => ({ control: CR, program: CR_PG | CR_PSIZE_WORD, idle: 0, status, unitBytes: 4 }),

    async program(address, data, onBytes) {
      await probe.writeWord(CR, CR_PG | CR_PSIZE_WORD)
      for (let at = 0; at < data.length; at += CHUNK_BYTES) {
        const chunk = data.subarray(at, at + CHUNK_BYTES)
        await probe.write(addr(address + at), chunk)
        await finish(`Writing at ${hexAddr(address + at)}`, PROGRAM_TIMEOUT_MS)
        onBytes(chunk.length)
      }
      await probe.writeWord(CR, 0)
    },
  }
}

export const createFlashF4 = (probe: Probe, clock: Clock): FlashDriver => createFlash(F4, probe, clock)
export const createFlashF7 = (probe: Probe, clock: Clock): FlashDriver => createFlash(F7, probe, clock)
