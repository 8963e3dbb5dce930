// The flash interface of the STM32H743: two banks, 256-bit words and every flag (RM0433, section 4).

import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, peek, poke } from './harness.ts'

const ACR = 0x52002000
const OPTKEYR = 0x52002008
const OPTCR = 0x52002018
const OPTSR_CUR = 0x5200201c
const OPTSR_PRG = 0x52002020
const bank = (n: number) => {
  const base = 0x52002000 + 0x100 * n
  return { KEYR: base + 4, CR: base + 0xc, SR: base + 0x10, CCR: base + 0x14, WPSN: base + 0x38, WPSN_PRG: base + 0x3c }
}
const BANKS = [bank(0), bank(1)] as const
const [BSY, WBNE, QW, EOP] = [1, 2, 4, 1 << 16] as const
const [WRPERR, PGSERR, STRBERR, INCERR, OPERR] = [1 << 17, 1 << 18, 1 << 19, 1 << 21, 1 << 22] as const
const [LOCK, PG, SER, BER, FW, START, X64] = [1, 2, 4, 8, 1 << 6, 1 << 7, 3 << 4] as const
const MODEL = FLASH + 0x20000
const BANK2 = FLASH + 0x100000

let machine: Machine
beforeEach(() => {
  machine = createMachine(Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7), 'stm32h743')
})

const unlock = (n: 0 | 1) => {
  poke(machine, BANKS[n].KEYR, 0x45670123)
  poke(machine, BANKS[n].KEYR, 0xcdef89ab)
}
const status = (n: 0 | 1) => peek(machine, BANKS[n].SR)
/** Emulated seconds until the bank is done, at the 64 MHz after reset. */
const settle = (n: 0 | 1) => {
  const before = machine.scheduler.now
  while (status(n) & (BSY | QW)) machine.scheduler.pass(640)
  return (machine.scheduler.now - before) / 64e6
}
const writeWords = (address: number, count: number, value = 0x01020304) => {
  for (let i = 0; i < count; i++) poke(machine, address + 4 * i, value + i)
}

describe('the locks', () => {
  it('open bank by bank, with both keys in order', () => {
    unlock(1)
    expect(BANKS.map(({ CR }) => peek(machine, CR) & LOCK)).toEqual([LOCK, 0])
    poke(machine, BANKS[0].KEYR, 0x45670123)
    poke(machine, BANKS[0].KEYR, 0)
    unlock(0)
    expect(peek(machine, BANKS[0].CR) & LOCK).toBe(LOCK)
    machine.reset()
    unlock(0)
    expect(BANKS.map(({ CR }) => peek(machine, CR) & LOCK)).toEqual([0, LOCK])
  })
})

describe('programming', () => {
  it.each([
    [0, MODEL],
    [1, BANK2 + 0x40],
  ] as const)('of bank %i happens when a word of 256 bits is complete', (n, address) => {
    unlock(n)
    poke(machine, BANKS[n].CR, PG | X64)
    writeWords(address, 7)
    expect(status(n)).toBe(WBNE)
    expect(peek(machine, address)).toBe(0xffffffff)
    poke(machine, address + 28, 0xcafe)
    expect(status(n)).toBe(BSY | QW)
    expect(settle(n)).toBeCloseTo(100e-6, 5)
    expect(status(n)).toBe(EOP)
    expect([peek(machine, address), peek(machine, address + 28)]).toEqual([0x01020304, 0xcafe])
    poke(machine, BANKS[n].CCR, EOP)
    expect(status(n)).toBe(0)
  })

  it('of part of a word is forced by FW, the rest as ones', () => {
    unlock(0)
    poke(machine, BANKS[0].CR, PG | X64)
    poke(machine, MODEL + 8, 0xab, 1)
    poke(machine, BANKS[0].CR, PG | X64 | FW)
    settle(0)
    expect(peek(machine, MODEL + 8)).toBe(0xffffffab)
    expect(status(0) & WBNE).toBe(0)
  })

  it('makes the bus wait for the word before, and takes longer with less parallelism', () => {
    unlock(0)
    poke(machine, BANKS[0].CR, PG)
    const before = machine.scheduler.now
    writeWords(MODEL, 24)
    expect((machine.scheduler.now - before) / 64e6).toBeGreaterThanOrEqual(2 * 290e-6)
    settle(0)
    expect(peek(machine, MODEL + 92)).toBe(0x01020304 + 23)
  })
})

describe('erasing', () => {
  it('takes a sector, and leaves its neighbours and the other bank alone', () => {
    const edges = [MODEL - 4, MODEL, MODEL + 0x1fffc, MODEL + 0x20000, BANK2 + 0x20000]
    for (const address of edges) machine.preload(address, new Uint8Array(4))
    unlock(0)
    poke(machine, BANKS[0].CR, SER | X64 | (1 << 8) | START)
    expect(settle(0)).toBeCloseTo(1, 3)
    expect(edges.map((address) => peek(machine, address))).toEqual([0, 0xffffffff, 0xffffffff, 0, 0])
  })

  it('takes a whole bank', () => {
    for (const address of [FLASH + 0xffffc, BANK2, BANK2 + 0xffffc]) machine.preload(address, new Uint8Array(4))
    unlock(1)
    poke(machine, BANKS[1].CR, BER | X64 | START)
    expect(settle(1)).toBeCloseTo(8, 3)
    const left = [FLASH + 0xffffc, BANK2, BANK2 + 0xffffc].map((address) => peek(machine, address))
    expect(left).toEqual([0, 0xffffffff, 0xffffffff])
  })
})

describe('the flags', () => {
  beforeEach(() => unlock(0))
  const raised = (flag: number, address = MODEL) => {
    expect(status(0)).toBe(flag)
    poke(machine, BANKS[0].CR, X64)
    poke(machine, BANKS[0].CCR, flag)
    expect(status(0)).toBe(0)
    expect(peek(machine, address)).toBe(0xffffffff)
  }

  it('PGSERR: without PG, and while another flag stands', () => {
    writeWords(MODEL, 1)
    raised(PGSERR)
    machine.reset()
    writeWords(MODEL, 1)
    expect(status(0)).toBe(PGSERR)
  })

  it('STRBERR: the same byte twice', () => {
    poke(machine, BANKS[0].CR, PG | X64)
    poke(machine, MODEL + 4, 1)
    poke(machine, MODEL + 6, 1, 2)
    raised(STRBERR)
  })

  it('INCERR: another word before this one is complete, or an erase', () => {
    poke(machine, BANKS[0].CR, PG | X64)
    poke(machine, MODEL, 1)
    poke(machine, MODEL + 32, 1)
    raised(INCERR)
    poke(machine, BANKS[0].CR, PG | X64)
    poke(machine, MODEL, 1)
    poke(machine, BANKS[0].CR, SER | X64 | (1 << 8) | START)
    raised(INCERR)
  })

  it('WRPERR: a protected sector, or a bank with one', () => {
    poke(machine, OPTKEYR, 0x08192a3b)
    poke(machine, OPTKEYR, 0x4c5d6e7f)
    poke(machine, BANKS[0].WPSN_PRG, 0xfd)
    expect(peek(machine, BANKS[0].WPSN)).toBe(0xff)
    poke(machine, OPTCR, 2)
    machine.scheduler.pass(64e6)
    expect(peek(machine, OPTSR_CUR) & 1).toBe(0)
    expect(peek(machine, BANKS[0].WPSN)).toBe(0xfd)
    for (const erase of [SER | (1 << 8), BER]) {
      poke(machine, BANKS[0].CR, erase | X64 | START)
      raised(WRPERR)
    }
    poke(machine, BANKS[0].CR, PG | X64)
    writeWords(MODEL, 1)
    raised(WRPERR)
  })

  it('only stop the bank that they belong to', () => {
    writeWords(MODEL, 1)
    unlock(1)
    poke(machine, BANKS[1].CR, PG | X64)
    writeWords(BANK2, 8)
    settle(1)
    expect(peek(machine, BANK2)).toBe(0x01020304)
  })
})

describe('cells that no longer change', () => {
  it('end an erase and a program with OPERR', () => {
    machine.wornSectors.add(1)
    unlock(0)
    poke(machine, BANKS[0].CR, SER | X64 | (1 << 8) | START)
    expect(status(0)).toBe(OPERR)
    poke(machine, BANKS[0].CCR, OPERR)
    poke(machine, BANKS[0].CR, PG | X64)
    writeWords(MODEL, 1)
    expect(status(0)).toBe(OPERR)
  })
})

describe('registers that both banks share', () => {
  it('hold wait states and option bytes, which need their own keys', () => {
    poke(machine, ACR, 0x24)
    expect(peek(machine, ACR + 0x100)).toBe(0x24)
    const options = peek(machine, OPTSR_CUR)
    expect((options >>> 8) & 0xff).toBe(0xaa)
    poke(machine, OPTSR_PRG, 0)
    expect(peek(machine, OPTSR_PRG)).toBe(options)
  })
})
