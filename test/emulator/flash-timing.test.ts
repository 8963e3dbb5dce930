// The waits for flash: what a line costs that has to be read, and what the accelerator saves.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { Memory } from '../../src-main/emulator/memory.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { FlashTiming } from '../../src-main/emulator/stm32/flash-accelerator.ts'
import { createMachine, FLASH, poke, REGISTER, RUN, runToBreakpoint, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

const FLASH_ACR = 0x40023c00
const ACR = { WAITS_5: 5, PREFETCH: 1 << 8, INSTRUCTIONS: 1 << 9, DATA: 1 << 10 } as const
const FULL = ACR.WAITS_5 | ACR.PREFETCH | ACR.INSTRUCTIONS | ACR.DATA
const LINE = 8
const SIZE = 1 << 20

const timing = (acr: number, instructionLines = 64, dataLines = 8) => {
  const memory = new Memory([{ name: 'flash', start: FLASH, size: SIZE, writable: false, executable: true }])
  const flash = new FlashTiming(memory, SIZE, { instructionLines, dataLines })
  flash.configure(acr)
  return flash
}
/** Executes halfwords in a row. */
const execute = (flash: FlashTiming, from: number, to: number) => {
  let waits = 0
  for (let index = from; index <= to; index++) waits += flash.fetch(index)
  return waits
}
/** Executes whole lines by number. */
const lines = (flash: FlashTiming, first: number, last = first) => execute(flash, first * LINE, last * LINE + 7)

describe('instruction lines', () => {
  it('cost the wait states each without an accelerator, and nothing within the line', () => {
    const flash = timing(ACR.WAITS_5)
    expect(lines(flash, 3, 5)).toBe(15)
    expect(execute(flash, 5 * LINE + 2, 5 * LINE + 4)).toBe(0)
    expect(lines(flash, 3)).toBe(5)
    expect(lines(flash, 3, 5)).toBe(10)
  })

  it('come from the cache the second time', () => {
    const flash = timing(ACR.WAITS_5 | ACR.INSTRUCTIONS)
    expect(lines(flash, 3, 5)).toBe(15)
    expect(lines(flash, 3, 5)).toBe(0)
  })

  it('that follow each other are fetched ahead, and not cached', () => {
    const flash = timing(FULL)
    expect(lines(flash, 3, 6)).toBe(5)
    expect(lines(flash, 3, 6)).toBe(0)
    // A branch to the last halfword of a line leaves no time to fetch the next one.
    expect(execute(flash, 20 * LINE + 7, 21 * LINE)).toBe(5 + 5)
    expect(execute(flash, 20 * LINE + 7, 21 * LINE)).toBe(0 + 5)
    expect(execute(flash, 30 * LINE + 4, 31 * LINE)).toBe(5 + 2)
  })

  it('make room for each other, the one used longest ago first', () => {
    const flash = timing(ACR.WAITS_5 | ACR.INSTRUCTIONS, 4)
    for (const line of [0, 2, 4, 6]) expect(lines(flash, line)).toBe(5)
    expect(lines(flash, 0)).toBe(0)
    expect(lines(flash, 8)).toBe(5) // in place of 2
    for (const line of [0, 4, 6, 8]) expect(lines(flash, line)).toBe(0)
    expect(lines(flash, 2)).toBe(5)
  })

  it('are forgotten when the cache is reset or off', () => {
    const flash = timing(FULL)
    lines(flash, 3)
    flash.configure(FULL | (1 << 11))
    expect(lines(flash, 3)).toBe(5)
  })

  it('cost nothing outside flash, and the way back costs', () => {
    const flash = timing(FULL)
    lines(flash, 3)
    expect(execute(flash, SIZE / 2 + 100, SIZE / 2 + 200)).toBe(0)
    expect(lines(flash, 9)).toBe(5)
  })
})

describe('data lines', () => {
  it('cost the wait states until they are among the eight', () => {
    const flash = timing(FULL)
    expect([0, 4, 12, 16, 28].map((offset) => flash.load(offset))).toEqual([5, 0, 0, 5, 0])
    expect(flash.load(0)).toBe(0)
    for (let line = 2; line < 9; line++) expect(flash.load(16 * line)).toBe(5)
    expect(flash.load(16)).toBe(5)
  })

  it('cost them each time without the cache', () => {
    const flash = timing(ACR.WAITS_5 | ACR.PREFETCH)
    expect([0, 4, 4].map((offset) => flash.load(offset))).toEqual([5, 5, 5])
  })
})

describe('the same for translated code', () => {
  it.each([FULL, ACR.WAITS_5 | ACR.PREFETCH, ACR.WAITS_5 | ACR.INSTRUCTIONS, ACR.WAITS_5 | ACR.DATA, 7])(
    'waits as long, FLASH_ACR %i',
    (acr) => {
      const rng = createRng(acr)
      const [flash, other] = [timing(acr, 6, 3), timing(acr, 6, 3)]
      const { functions } = other
      let index = 0
      let waits = 0
      for (let access = 0; access < 3000; access++) {
        // In a row mostly, else elsewhere among few lines, and outside flash at times.
        index = rng.int(4) > 0 ? index + 1 + rng.int(2) : rng.int(50) === 0 ? SIZE : rng.int(16 * LINE)
        const offset = 4 * rng.int(20)
        const ours = [flash.fetch(index), flash.load(offset)]
        expect([functions.fetch(index), functions.load(offset)]).toEqual(ours)
        waits += ours[0]! + ours[1]!
      }
      expect(waits).toBeGreaterThan(500)
    },
  )
})

describe('a program', () => {
  let bench: Workbench
  let image: Uint8Array
  beforeAll(async () => {
    bench = await Workbench.open()
    // The loop is 6 halfwords in one line; with the literal pool 64 bytes behind it.
    image = await assemble(
      bench,
      'flash-timing',
      `${vectors('start')}.balign 16\nstart: movs r0, #100\nnop\nnop\nnop\nnop\nnop\nnop\nnop\n` +
        'loop: ldr r1, [pc, #60]\nadds r2, r1\nsubs r0, #1\nbne loop\nbkpt #0\n.balign 128\nnop\n',
    )
  })
  afterAll(() => bench.close())

  const cyclesWith = (acr: number, prepare: (machine: Machine) => void = () => undefined) => {
    const machine = createMachine(image)
    poke(machine, FLASH_ACR, acr)
    prepare(machine)
    runToBreakpoint(machine)
    return machine.core.cycles
  }
  const ZERO_WAIT = 8 + 100 * (2 + 1 + 1 + 3) - 2 + 1

  it('takes the core’s own cycles without wait states', () => {
    expect(cyclesWith(0)).toBe(ZERO_WAIT)
    expect(cyclesWith(FULL, (machine) => (machine.countsWaits = false))).toBe(ZERO_WAIT)
  })

  it('pays for the first lines and the literal, and no more in a cached loop', () => {
    // The first line and the literal's; the loop's line is fetched ahead and stays in use.
    expect(cyclesWith(FULL) - ZERO_WAIT).toBe(5 + 5)
    expect(cyclesWith(ACR.WAITS_5) - ZERO_WAIT).toBe(5 + 5 + 100 * 5)
  })

  it('takes the same cycles however its run is sliced', () => {
    const cut = (slice: number) => {
      const machine = createMachine(image)
      poke(machine, FLASH_ACR, FULL & ~ACR.DATA)
      poke(machine, REGISTER.DHCSR, RUN)
      while (machine.run(slice) === 'running');
      return [machine.core.instructions, machine.core.cycles]
    }
    expect(cut(7)).toEqual(cut(100_000))
  })

  it('takes the same cycles again after a reset', () => {
    const machine = createMachine(image)
    const run = () => {
      poke(machine, FLASH_ACR, FULL)
      runToBreakpoint(machine)
      return machine.counters.cycles
    }
    const first = run()
    poke(machine, REGISTER.DHCSR, RUN)
    machine.reset()
    expect(run()).toBe(first)
  })
})
