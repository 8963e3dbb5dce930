// What the Cortex-M7's caches leave to wait: tightly coupled memory, lines of flash and RAM, and when they make room.

import { describe, expect, it } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { CachedMemoryTiming } from '../../src-main/emulator/stm32/cached-memory.ts'
import { MEMORY_SYSTEMS } from '../../src-main/emulator/stm32/cached-memories.ts'
import { poke, REGISTER } from './harness.ts'

const INSTRUCTIONS = 1 << 17
const DATA = 1 << 16
const LINE = 32
/** Seven wait states, the reading itself, and the way there. */
const FLASH_LINE = 7 + 1 + 3
const SRAM1_LINE = 1 + 3 + 3
const FLASH = 0x08000000

/** An F746's memories with seven wait states. */
function open(caches: number) {
  const { memory } = new Machine(findBoardData('stm32f746')!, { translate: false })
  const timing = new CachedMemoryTiming(memory, MEMORY_SYSTEMS.f7!)
  timing.configure(7)
  timing.switchCaches(caches)
  const load = (address: number) => timing.load(memory.offsetOf(address))
  const store = (address: number) => timing.store(memory.writableOffset(address))
  const fetch = (address: number) => timing.fetch(memory.fetchOffset(address) >> 1)
  return { timing, load, store, fetch }
}

describe('data', () => {
  it('in tightly coupled memory costs nothing', () => {
    const { load, store } = open(0)
    expect([load(0x20000000), store(0x20000000), load(0x2000fffc)]).toEqual([0, 0, 0])
    expect(load(0x20010000)).toBe(SRAM1_LINE)
  })

  it('costs the first access to a line', () => {
    const { load } = open(DATA)
    expect([0, 4, 28, 32, 60, 0].map((at) => load(FLASH + at))).toEqual([FLASH_LINE, 0, 0, FLASH_LINE, 0, 0])
    expect([0, 4].map((at) => load(0x20010000 + at))).toEqual([SRAM1_LINE, 0])
  })

  it('costs every access without the cache', () => {
    const { load } = open(INSTRUCTIONS)
    expect([0, 4, 4].map((at) => load(FLASH + at))).toEqual([FLASH_LINE, FLASH_LINE, FLASH_LINE])
  })

  it('has four places for lines 1 KB apart, and the one filled longest ago goes', () => {
    const { load } = open(DATA)
    for (let way = 0; way < 4; way++) expect(load(FLASH + 1024 * way)).toBe(FLASH_LINE)
    for (let way = 0; way < 4; way++) expect(load(FLASH + 1024 * way)).toBe(0)
    expect(load(FLASH + 4096)).toBe(FLASH_LINE)
    expect([1, 2, 3, 4].map((way) => load(FLASH + 1024 * way))).toEqual([0, 0, 0, 0])
    expect(load(FLASH)).toBe(FLASH_LINE)
  })

  it('that was stored is there, in place of another line', () => {
    const { load, store } = open(DATA)
    expect(store(0x20010000)).toBe(0)
    expect(load(0x20010004)).toBe(0)
    for (let way = 1; way < 5; way++) store(0x20010000 + 1024 * way)
    expect(load(0x20010004)).toBe(SRAM1_LINE)
  })
})

describe('instructions', () => {
  it('cost the lines that are not there, less in a row', () => {
    const { fetch } = open(INSTRUCTIONS)
    expect(fetch(FLASH + 320)).toBe(FLASH_LINE)
    expect([322, 350].map((at) => fetch(FLASH + at))).toEqual([0, 0])
    expect(fetch(FLASH + 352)).toBe(FLASH_LINE - 6)
    expect([320, 352].map((at) => fetch(FLASH + at))).toEqual([0, 0])
  })

  it('have two places for lines 2 KB apart', () => {
    const { fetch } = open(INSTRUCTIONS)
    for (const at of [0, 2048, 4096]) expect(fetch(FLASH + at)).toBe(FLASH_LINE)
    expect([2048, 4096].map((at) => fetch(FLASH + at))).toEqual([0, 0])
    expect(fetch(FLASH)).toBe(FLASH_LINE)
  })

  it('are fetched again without the cache', () => {
    const { fetch } = open(DATA)
    for (let round = 0; round < 2; round++) {
      expect([0, 64].map((at) => fetch(FLASH + at))).toEqual([FLASH_LINE, FLASH_LINE])
    }
  })

  it('in instruction TCM cost nothing', () => {
    const { fetch } = open(0)
    expect([fetch(0), fetch(LINE), fetch(FLASH)]).toEqual([0, 0, FLASH_LINE])
  })
})

it('follows FLASH_ACR and CCR on both chips', () => {
  for (const { id, acr, flash, ram } of [
    { id: 'stm32f746', acr: 0x40023c00, flash: 4 + 1 + 3, ram: 0 },
    { id: 'stm32h743', acr: 0x52002000, flash: 2 * (4 + 1 + 3), ram: 2 * (1 + 3) },
  ]) {
    const machine = new Machine(findBoardData(id)!)
    machine.reset()
    poke(machine, acr, 4)
    const { core, memory } = machine
    const timing = core.memoryTiming!
    const costs = (address: number) => [0, 4].map((at) => timing.load(memory.offsetOf(address + at)))
    const arena = machine.data.ram[0]!.start
    expect(costs(FLASH)).toEqual([flash, flash])
    poke(machine, REGISTER.CCR, DATA | INSTRUCTIONS)
    expect(costs(FLASH)).toEqual([flash, 0])
    expect(costs(arena)).toEqual([ram, 0])
    machine.countsWaits = false
    expect(core.memoryTiming).toBeUndefined()
  }
})
