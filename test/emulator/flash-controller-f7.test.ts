// The flash interface of the STM32F746 where it differs from the F407's (RM0385, section 3).

import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, faults, FLASH, peek, poke } from './harness.ts'

const KEYR = 0x40023c04
const OPTKEYR = 0x40023c08
const SR = 0x40023c0c
const CR = 0x40023c10
const OPTCR = 0x40023c14
const [OPTLOCK, OPTSTRT] = [1, 2] as const
const OPTCR1 = 0x40023c18
const [OPERR, WRPERR, PGAERR, PGPERR, ERSERR, BSY] = [1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 16] as const
const [PG, SER, STRT, ERRIE, WORD] = [1, 2, 1 << 16, 1 << 25, 2 << 8] as const
const ITCM_FLASH = 0x00200000

let machine: Machine
beforeEach(() => {
  machine = createMachine(Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7), 'stm32f746')
  poke(machine, KEYR, 0x45670123)
  poke(machine, KEYR, 0xcdef89ab)
})

/** Emulated seconds until the controller is done, at the 16 MHz after reset. */
const settle = () => {
  const before = machine.scheduler.now
  while (peek(machine, SR) & BSY) machine.scheduler.pass(160)
  return (machine.scheduler.now - before) / 16e6
}
const erase = (sector: number) => poke(machine, CR, SER | (sector << 3) | STRT)

describe('erasing', () => {
  it.each([
    [3, 0x18000, 0x20000, 0.25],
    [4, 0x20000, 0x40000, 1],
    [7, 0xc0000, 0x100000, 2],
  ])('of sector %i clears it and nothing else, in its typical time', (sector, from, to, seconds) => {
    const edges = [from - 4, from, to - 4, to].filter((offset) => offset < 0x100000)
    for (const offset of edges) machine.preload(FLASH + offset, new Uint8Array(4))
    erase(sector)
    expect(settle()).toBeCloseTo(seconds, 3)
    const wanted = edges.map((offset) => (offset >= from && offset < to ? 0xffffffff : 0))
    expect(edges.map((offset) => peek(machine, FLASH + offset))).toEqual(wanted)
  })

  it('of a sector that it does not have is refused as protected', () => {
    erase(8)
    expect(peek(machine, SR)).toBe(WRPERR)
  })
})

describe('programming', () => {
  it('shows up on the instruction side, and can not be done from there', () => {
    poke(machine, CR, PG | WORD)
    poke(machine, FLASH + 0x20000, 0x12345678)
    settle()
    expect(peek(machine, ITCM_FLASH + 0x20000)).toBe(0x12345678)
    expect(faults(() => poke(machine, ITCM_FLASH + 0x20004, 0))).toBe(true)
    expect(peek(machine, FLASH + 0x20004)).toBe(0xffffffff)
  })

  it('raises the flag of what was wrong, and OPERR when errors interrupt', () => {
    expect(faults(() => poke(machine, FLASH + 0x20000, 0))).toBe(true)
    expect(peek(machine, SR)).toBe(ERSERR)
    poke(machine, SR, ERSERR)
    poke(machine, CR, PG | WORD | ERRIE)
    poke(machine, FLASH + 0x20000, 0, 2)
    expect(peek(machine, SR)).toBe(PGPERR | OPERR)
    poke(machine, SR, PGPERR | OPERR)
    poke(machine, FLASH + 0x2000e, 0)
    expect(peek(machine, SR)).toBe(PGAERR | OPERR)
  })
})

describe('option bytes', () => {
  it('protect a sector once they are unlocked and written, and live through a reset', () => {
    const options = peek(machine, OPTCR)
    poke(machine, OPTCR, 0)
    poke(machine, OPTCR1, 0)
    expect([peek(machine, OPTCR), peek(machine, OPTCR1)]).toEqual([options, 0x00400080])
    poke(machine, OPTKEYR, 0x08192a3b)
    poke(machine, OPTKEYR, 0x4c5d6e7f)
    poke(machine, OPTCR, options & ~(1 << (16 + 5)) & ~OPTLOCK)
    poke(machine, OPTCR, (options & ~(1 << (16 + 4))) | OPTSTRT)
    settle()
    machine.reset()
    poke(machine, KEYR, 0x45670123)
    poke(machine, KEYR, 0xcdef89ab)
    erase(4)
    expect(peek(machine, SR)).toBe(WRPERR)
    expect(peek(machine, OPTCR)).toBe((options & ~(1 << 20)) >>> 0)
  })
})
