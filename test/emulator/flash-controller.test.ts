// The flash interface: keys, programming, erasing, its error flags and the time it takes (RM0090, section 3).

import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, faults, FLASH, peek, poke } from './harness.ts'

const KEYR = 0x40023c04
const OPTKEYR = 0x40023c08
const SR = 0x40023c0c
const CR = 0x40023c10
const OPTCR = 0x40023c14
const OPTSTRT = 2
const KEY1 = 0x45670123
const KEY2 = 0xcdef89ab
const BSY = 1 << 16
const PGSERR = 1 << 7
const PGPERR = 1 << 6
const PGAERR = 1 << 5
const WRPERR = 1 << 4
const LOCK = 0x80000000
const PG = 1
const SER = 2
const MER = 4
const STRT = 1 << 16
const WORD = 2 << 8
const BYTE = 0
const PAGE = FLASH + 0x20000

let machine: Machine
beforeEach(() => {
  machine = createMachine(Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7))
})

const unlock = () => {
  poke(machine, KEYR, KEY1)
  poke(machine, KEYR, KEY2)
}
/** Emulated time until the controller is done, in microseconds at the 16 MHz after reset. */
const settle = () => {
  const before = machine.scheduler.now
  while (peek(machine, SR) & BSY) machine.scheduler.pass(16)
  return (machine.scheduler.now - before) / 16
}

describe('the lock', () => {
  it('opens with both keys in order and closes on request', () => {
    expect(peek(machine, CR)).toBe(LOCK)
    unlock()
    expect(peek(machine, CR)).toBe(0)
    poke(machine, CR, LOCK)
    expect(peek(machine, CR)).toBe(LOCK)
  })

  it('stays shut until reset after one wrong key', () => {
    poke(machine, KEYR, KEY1)
    poke(machine, KEYR, 0x12345678)
    unlock()
    expect(peek(machine, CR)).toBe(LOCK)
    machine.reset()
    unlock()
    expect(peek(machine, CR)).toBe(0)
  })

  it('ignores the control register while it is shut', () => {
    poke(machine, CR, PG)
    expect(peek(machine, CR)).toBe(LOCK)
  })
})

describe('programming', () => {
  it('is refused with a bus fault without PG, and changes nothing', () => {
    expect(faults(() => poke(machine, PAGE, 0))).toBe(true)
    unlock()
    expect(faults(() => poke(machine, PAGE, 0))).toBe(true)
    expect(peek(machine, PAGE)).toBe(0xffffffff)
    expect(peek(machine, SR) & PGSERR).toBe(PGSERR)
  })

  it('writes words, through the alias at 0 too, and takes 16 us each', () => {
    unlock()
    poke(machine, CR, PG | WORD)
    poke(machine, PAGE, 0x12345678)
    expect(peek(machine, SR)).toBe(BSY)
    expect(settle()).toBeCloseTo(16, 0)
    expect(peek(machine, PAGE)).toBe(0x12345678)
    poke(machine, PAGE - FLASH + 4, 0xcafe0001)
    expect(peek(machine, PAGE + 4)).toBe(0xcafe0001)
  })

  it('makes the bus wait when the next word comes too early', () => {
    unlock()
    poke(machine, CR, PG | WORD)
    const before = machine.scheduler.now
    for (let i = 0; i < 10; i++) poke(machine, PAGE + 4 * i, i)
    expect((machine.scheduler.now - before) / 16).toBeGreaterThanOrEqual(9 * 16)
    expect(peek(machine, PAGE + 36)).toBe(9)
  })

  it('can only clear bits', () => {
    unlock()
    poke(machine, CR, PG | WORD)
    poke(machine, PAGE, 0xff00ff00)
    poke(machine, PAGE, 0x0ff00ff0)
    expect(peek(machine, PAGE)).toBe(0x0f000f00)
  })

  it('wants the access size that PSIZE says', () => {
    unlock()
    poke(machine, CR, PG | WORD)
    poke(machine, PAGE, 0, 1)
    expect(peek(machine, SR)).toBe(PGPERR)
    poke(machine, SR, PGPERR)
    expect(peek(machine, SR)).toBe(0)
    poke(machine, CR, PG | BYTE)
    poke(machine, PAGE + 1, 0x5a, 1)
    expect(peek(machine, PAGE)).toBe(0xffff5aff)
  })

  it('does not cross a row of 128 bits', () => {
    unlock()
    poke(machine, CR, PG | WORD)
    poke(machine, PAGE + 14, 0)
    expect(peek(machine, SR)).toBe(PGAERR)
    expect(peek(machine, PAGE + 12)).toBe(0xffffffff)
  })
})

describe('erasing', () => {
  const program = (address: number) => {
    poke(machine, CR, PG | WORD)
    poke(machine, address, 0)
    settle()
  }

  it('sets one sector to ones, in its typical time, and no other', () => {
    unlock()
    program(FLASH + 0x1fffc)
    program(PAGE)
    program(FLASH + 0x3fffc)
    program(FLASH + 0x40000)
    poke(machine, CR, SER | (5 << 3))
    poke(machine, CR, SER | (5 << 3) | STRT)
    expect(settle() / 1e6).toBeCloseTo(1, 3)
    expect([0x1fffc, 0x20000, 0x3fffc, 0x40000].map((offset) => peek(machine, FLASH + offset))).toEqual([
      0, 0xffffffff, 0xffffffff, 0,
    ])
  })

  it('takes 0.25 s for a sector of 16 KB', () => {
    unlock()
    poke(machine, CR, SER | (1 << 3) | STRT)
    expect(settle() / 1e6).toBeCloseTo(0.25, 3)
  })

  it('of everything leaves nothing', () => {
    unlock()
    program(PAGE)
    poke(machine, CR, MER | STRT)
    settle()
    expect(machine.memory.u8.subarray(0, 1 << 20).every((byte) => byte === 0xff)).toBe(true)
  })

  it('of a sector that does not exist is refused as protected', () => {
    unlock()
    poke(machine, CR, SER | (13 << 3) | STRT)
    expect(peek(machine, SR)).toBe(WRPERR)
  })

  it('ignores the control register while it is busy', () => {
    unlock()
    poke(machine, CR, SER | (1 << 3) | STRT)
    poke(machine, CR, PG | WORD)
    expect(peek(machine, CR) & PG).toBe(0)
  })
})

describe('write protection', () => {
  it('keeps a sector from being erased or programmed once the option bytes say so', () => {
    poke(machine, OPTKEYR, 0x08192a3b)
    poke(machine, OPTKEYR, 0x4c5d6e7f)
    const options = peek(machine, OPTCR)
    poke(machine, OPTCR, (options & ~(1 << (16 + 5))) | OPTSTRT)
    settle()
    unlock()
    poke(machine, CR, SER | (5 << 3) | STRT)
    expect(peek(machine, SR)).toBe(WRPERR)
    poke(machine, SR, WRPERR)
    poke(machine, CR, PG | WORD)
    poke(machine, PAGE, 0)
    expect(peek(machine, SR)).toBe(WRPERR)
    expect(peek(machine, PAGE)).toBe(0xffffffff)
  })

  it('cannot be changed without its keys', () => {
    const options = peek(machine, OPTCR)
    poke(machine, OPTCR, 0)
    expect(peek(machine, OPTCR)).toBe(options)
  })
})

describe('code in flash', () => {
  it('is decoded again after it was erased and programmed anew', () => {
    machine.run(100)
    expect(machine.core.pc).toBe(FLASH + 8)
    unlock()
    poke(machine, CR, SER | STRT)
    settle()
    poke(machine, CR, PG | (1 << 8))
    poke(machine, FLASH + 8, 0x3001, 2)
    settle()
    poke(machine, FLASH + 10, 0xe7fd, 2)
    machine.run(1000)
    expect(machine.core.r[0]).toBeGreaterThan(100)
  })
})
