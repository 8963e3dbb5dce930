// The flash controller of the STM32F405/407, driven through the probe alone: no code runs on the target.
// Source: ST RM0090 chapter 3. The core must be halted; the supply is taken as 2.7 to 3.6 V (programming by words).

import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock, type Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { KB, addr, hexAddr, type Addr } from '../base/units.ts'
import type { FlashSector } from './board-data.ts'
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

const SR_BSY = 1 << 16
const SR_ERRORS: readonly { bit: number; name: string; meaning: string }[] = [
  { bit: 1 << 1, name: 'OPERR', meaning: 'the operation could not be carried out' },
  { bit: 1 << 4, name: 'WRPERR', meaning: 'the sector is write-protected' },
  { bit: 1 << 5, name: 'PGAERR', meaning: 'the data crosses a 128-bit row' },
  { bit: 1 << 6, name: 'PGPERR', meaning: 'the access has another width than PSIZE' },
  { bit: 1 << 7, name: 'PGSERR', meaning: 'written without PG set' },
  { bit: 1 << 8, name: 'RDERR', meaning: 'the sector is read-protected' },
]
const SR_ERROR_BITS = SR_ERRORS.reduce((bits, error) => bits | error.bit, 0)

const RDP_LEVEL_0 = 0xaa
const RDP_LEVEL_2 = 0xcc

/** Twice the data sheet's maximum for a 128 KB sector (DS8626 table 40). */
const ERASE_TIMEOUT_MS = 8000
const PROGRAM_TIMEOUT_MS = 2000
const CHUNK_BYTES = 1 * KB

export interface FlashProtection {
  /** read-out protection: 0 is none */
  level: 0 | 1 | 2
  /** indices of sectors that refuse to change */
  writeProtected: number[]
}

export interface FlashDriver {
  protection(): Promise<FlashProtection>
  /** Runs `work` with the controller unlocked and locks it again whatever happens. */
  unlocked<T>(work: () => Promise<T>): Promise<T>
  /** Throws FLASH_FAILED with the controller's error flags. */
  erase(sector: FlashSector): Promise<void>
  /** `address` and the length are multiples of 4, the flash there is erased. `onBytes` counts what is written. */
  program(address: Addr, data: Uint8Array, onBytes: (count: number) => void): Promise<void>
}

export function createFlashF4(probe: Probe, clock: Clock = systemClock): FlashDriver {
  async function finish(what: string, timeoutMs: number) {
    const start = clock.monotonicMs()
    for (;;) {
      const status = await probe.readWord(SR)
      const errors = SR_ERRORS.filter((error) => status & error.bit)
      if (errors.length > 0) {
        const reasons = errors.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')
        throw new AppError('FLASH_FAILED', `${what} failed: ${reasons}.`, {
          context: { errors: errors.map(({ name }) => name), FLASH_SR: hexAddr(status) },
        })
      }
      if ((status & SR_BSY) === 0) return
      if (clock.monotonicMs() - start > timeoutMs) {
        throw new AppError('FLASH_FAILED', `${what} does not end: the controller stays busy.`, {
          context: { FLASH_SR: hexAddr(status) },
        })
      }
      await nextTurn() // a probe's transaction takes about a millisecond: that is pause enough
    }
  }

  async function unlock() {
    if ((await probe.readWord(CR)) & CR_LOCK) {
      await probe.writeWord(KEYR, KEY1)
      await probe.writeWord(KEYR, KEY2)
    }
    if ((await probe.readWord(CR)) & CR_LOCK) {
      throw new AppError('FLASH_FAILED', 'The flash controller stays locked. Only a reset opens it again.')
    }
    await probe.writeWord(SR, SR_ERROR_BITS) // what an earlier program left
  }

  return {
    async protection() {
      const options = await probe.readWord(OPTCR)
      const rdp = (options >>> 8) & 0xff
      const notProtected = (options >>> 16) & 0xfff // nWRP, RM0090 3.9.10
      return {
        level: rdp === RDP_LEVEL_0 ? 0 : rdp === RDP_LEVEL_2 ? 2 : 1,
        writeProtected: Array.from({ length: 12 }, (_, sector) => sector).filter((n) => !((notProtected >>> n) & 1)),
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
