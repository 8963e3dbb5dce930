// The flash controller of the STM32H74x: two banks with registers of their own, programmed in words of 256 bits.
// Source: ST RM0433 chapter 4. The supply is taken as 2.7 to 3.6 V (64 bits at a time).

import type { Clock } from '../base/clock.ts'
import { KB, MB, addr, hexAddr, type Addr } from '../base/units.ts'
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

const OPTSR_CUR = addr(0x5200201c)
const FLASH_START = 0x08000000
const BANK_BYTES = 1 * MB
const BANK_SECTORS = 8

const KEY1 = 0x45670123
const KEY2 = 0xcdef89ab

const CR_LOCK = 1 << 0
const CR_PG = 1 << 1
const CR_SER = 1 << 2
const CR_PSIZE_64 = 3 << 4
const CR_START = 1 << 7
const CR_SNB_SHIFT = 8

const SR_BSY_WBNE_QW = 7
const SR_ERRORS: StatusRegister['errors'] = [
  { bit: 1 << 17, name: 'WRPERR', meaning: 'the sector is write-protected' },
  { bit: 1 << 18, name: 'PGSERR', meaning: 'written without PG set, or with an error pending' },
  { bit: 1 << 19, name: 'STRBERR', meaning: 'a byte was written twice into the write buffer' },
  { bit: 1 << 21, name: 'INCERR', meaning: 'a 256-bit word was left before it was complete' },
  { bit: 1 << 22, name: 'OPERR', meaning: 'the operation could not be carried out' },
  { bit: 1 << 23, name: 'RDPERR', meaning: 'the sector is read-protected' },
  { bit: 1 << 24, name: 'RDSERR', meaning: 'the area is secured' },
  { bit: 1 << 26, name: 'DBECCERR', meaning: 'two bits of a word are wrong' },
]

const WORD_BYTES = 32
/** Twice the data sheet's maximum for a sector (DS12110 table 56). */
const ERASE_TIMEOUT_MS = 8000
const PROGRAM_TIMEOUT_MS = 2000
const CHUNK_BYTES = 1 * KB

/** One bank's registers. */
const BANKS = [0x52002000, 0x52002100].map((base, bank) => ({
  keyr: addr(base + 0x04),
  cr: addr(base + 0x0c),
  ccr: addr(base + 0x14),
  wpsn: addr(base + 0x38),
  status: {
    name: `FLASH_SR${bank + 1}`,
    address: addr(base + 0x10),
    busy: SR_BSY_WBNE_QW,
    errors: SR_ERRORS,
  } satisfies StatusRegister,
}))

const bankAt = (address: Addr) => BANKS[Math.floor((address - FLASH_START) / BANK_BYTES)]!

export function createFlashH7(probe: Probe, clock: Clock): FlashDriver {
  const finish = (status: StatusRegister, what: string, timeoutMs: number) =>
    finishFlash({ probe, clock }, status, what, timeoutMs)

  return {
    programBytes: WORD_BYTES,

    async protection() {
      const writeProtected: number[] = []
      for (const [bank, { wpsn }] of BANKS.entries()) {
        writeProtected.push(...clearBits(await probe.readWord(wpsn), BANK_SECTORS, bank * BANK_SECTORS))
      }
      return { level: protectionLevel(((await probe.readWord(OPTSR_CUR)) >>> 8) & 0xff), writeProtected }
    },

    async unlocked(work) {
      for (const { keyr, cr, ccr, status } of BANKS) {
        if ((await probe.readWord(cr)) & CR_LOCK) {
          await probe.writeWord(keyr, KEY1)
          await probe.writeWord(keyr, KEY2)
        }
        if ((await probe.readWord(cr)) & CR_LOCK) throw staysLocked()
        await probe.writeWord(ccr, errorBits(status)) // what an earlier program left
      }
      try {
        return await work()
      } finally {
        // An unplugged probe can't lock any more: what went wrong in `work` is what matters then.
        for (const { cr } of BANKS) await probe.writeWord(cr, CR_LOCK).catch(() => undefined)
      }
    },

    async erase(sector) {
      const { cr, status } = bankAt(sector.start)
      const number = (sector.index % BANK_SECTORS) << CR_SNB_SHIFT
      await probe.writeWord(cr, CR_SER | CR_PSIZE_64 | number | CR_START)
      await finish(status, `Erasing sector ${sector.index} at ${hexAddr(sector.start)}`, ERASE_TIMEOUT_MS)
      await probe.writeWord(cr, CR_PSIZE_64)
    },

    programSetup(address) {
      const { cr, status } = bankAt(address)
      return { control: cr, program: CR_PG | CR_PSIZE_64, idle: CR_PSIZE_64, status, unitBytes: WORD_BYTES }
    },

    async program(address, data, onBytes) {
      for (let at = 0; at < data.length; at += CHUNK_BYTES) {
        const to = addr(address + at)
        const { cr, status } = bankAt(to)
        const chunk = data.subarray(at, at + CHUNK_BYTES)
        await probe.writeWord(cr, CR_PG | CR_PSIZE_64)
        await probe.write(to, chunk)
        await finish(status, `Writing at ${hexAddr(to)}`, PROGRAM_TIMEOUT_MS)
        await probe.writeWord(cr, CR_PSIZE_64)
        onBytes(chunk.length)
      }
    },
  }
}
