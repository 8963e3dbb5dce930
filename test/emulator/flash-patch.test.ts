// The breakpoint unit's other half: words of code memory that come from a table in SRAM, as instructions and as data.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CFSR } from '../../src-main/emulator/core/faults.ts'
import type { Machine, MachineOptions } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, peek, poke, REGISTER, runToBreakpoint, SRAM, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

let count = 0
async function boot(code: string, options: MachineOptions = {}, fault = 'start'): Promise<Machine> {
  const source = `${vectors('start', { 3: fault })}\n.balign 4\n${code}`
  return createMachine(await assemble(bench, `flash-patch-${count++}`, source), 'stm32f407', options)
}

/** Where the code of `boot` begins. */
const START = FLASH + 98 * 4
const TABLE = SRAM + 0x8000
const FIRST_LITERAL = 6
const DWT_TRACE = 1 << 24
const comparator = (index: number) => REGISTER.FP_COMP0 + 4 * index
const entry = (index: number) => TABLE + 4 * index
const load = (register: string, value: number) =>
  `movw ${register}, #${value & 0xffff}\nmovt ${register}, #${value >>> 16}\n`

function patch(machine: Machine, index: number, address: number, word: number): void {
  poke(machine, entry(index), word)
  poke(machine, REGISTER.FP_REMAP, TABLE)
  poke(machine, comparator(index), address | 1)
  poke(machine, REGISTER.FP_CTRL, 3)
}

describe('the registers', () => {
  it('of version 1 tell of six comparators for instructions, two for literals, and a table in SRAM', async () => {
    const machine = await boot('start: b start')
    expect(peek(machine, REGISTER.FP_CTRL)).toBe(0x260)
    poke(machine, REGISTER.FP_REMAP, 0xffffffff)
    expect(peek(machine, REGISTER.FP_REMAP)).toBe(0x3fffffe0)
    for (let index = 0; index < 9; index++) poke(machine, comparator(index), 0xffffffff)
    const read = Array.from({ length: 9 }, (_, index) => peek(machine, comparator(index)))
    expect(read).toEqual([...Array<number>(6).fill(0xdffffffd), 0x1ffffffd, 0x1ffffffd, 0])
  })

  it('of version 2 tell of no remapping', () => {
    const machine = createMachine(new Uint8Array(8), 'stm32f746')
    expect(peek(machine, REGISTER.FP_CTRL)).toBe(0x10000080)
    poke(machine, REGISTER.FP_REMAP, 0xffffffff)
    expect(peek(machine, REGISTER.FP_REMAP)).toBe(0)
  })
})

describe.each([false, true, 'eager'] as const)('translated: %s', (translate) => {
  /** How much r0 grows while r1 grows by one. */
  const step = (machine: Machine) => {
    const [r0, r1] = machine.core.r
    expect(machine.run(100_000)).toBe('running')
    return (machine.core.r[0]! - r0!) / (machine.core.r[1]! - r1!)
  }

  it('an instruction word comes from the table while its comparator is on, as the table is now', async () => {
    const machine = await boot('start: adds r0, #1\nadds r1, #1\nb start', { translate })
    expect(step(machine)).toBeCloseTo(1, 1)
    patch(machine, 2, START, 0x31013005) // adds r0, #5; adds r1, #1
    expect(step(machine)).toBeCloseTo(5, 1)
    poke(machine, entry(2), 0x31013007)
    expect(step(machine)).toBeCloseTo(7, 1)
    poke(machine, comparator(2), START)
    expect(step(machine)).toBeCloseTo(1, 1)
    expect(peek(machine, START)).toBe(0x31013001)
  })

  it('a literal comes from the table for the running code alone', async () => {
    const machine = await boot('start: ldr r2, value\nadds r0, r2\nadds r1, #1\nb start\n.balign 4\nvalue: .word 3', {
      translate,
    })
    expect(step(machine)).toBeCloseTo(3, 1)
    patch(machine, FIRST_LITERAL, START + 8, 11)
    expect(step(machine)).toBeCloseTo(11, 1)
    expect(peek(machine, START + 8)).toBe(3)
    poke(machine, entry(FIRST_LITERAL), 13)
    expect(step(machine)).toBeCloseTo(13, 1)
    poke(machine, REGISTER.FP_CTRL, 2)
    expect(step(machine)).toBeCloseTo(3, 1)
  })

  it('a watched literal stops the core', async () => {
    const machine = await boot('start: ldr r2, value\nadds r0, r2\nadds r1, #1\nb start\n.balign 4\nvalue: .word 3', {
      translate,
    })
    expect(step(machine)).toBeCloseTo(3, 1)
    poke(machine, REGISTER.DHCSR, 0xa05f0001)
    poke(machine, REGISTER.DEMCR, DWT_TRACE)
    poke(machine, REGISTER.DWT_COMP0, START + 8)
    poke(machine, REGISTER.DWT_FUNCTION0, 5)
    expect(machine.run(100_000)).toBe('halted')
  })

  it('firmware patches itself, a 32-bit instruction by its halves', async () => {
    // The first half of add.w r0, r0, #1 lies in one word, the second in the next.
    const machine = await boot(
      `start: ${load('r4', REGISTER.FP_CTRL)}${load('r5', TABLE)}
  str r5, [r4, #4]
  ldr r6, =0xf100bf00     @ nop; add.w …
  str r6, [r5]
  ldr r6, =0xbf000064     @ … r0, r0, #100; nop
  str r6, [r5, #4]
  ldr r6, =patched + 1
  str r6, [r4, #8]
  adds r6, #4
  str r6, [r4, #12]
  movs r0, #0
  bl patched
  movs r6, #3
  str r6, [r4]
  bl patched
  ldr r6, =0xbf000032     @ … r0, r0, #50; nop
  str r6, [r5, #4]
  bl patched
  bkpt #0
  .ltorg
  .balign 4
patched: nop
  add.w r0, r0, #1
  nop
  bx lr`,
      { translate },
    )
    runToBreakpoint(machine)
    expect(machine.core.r[0]).toBe(1 + 100 + 50)
  })
})

describe('remapped', () => {
  it('narrow loads get their bytes of the word, unaligned ones what flash holds', async () => {
    const machine = await boot(
      `start: adr r4, value\nldrb r0, [r4, #1]\nldrsh r1, [r4, #2]\nldr r2, [r4, #-1]\nldm r4, {r5, r6}\nbkpt #0
  .balign 4\n.word 0x11223344\nvalue: .word 0x55667788\n.word 0x99aabbcc`,
    )
    const value = START + 24
    expect(peek(machine, value)).toBe(0x55667788)
    patch(machine, FIRST_LITERAL + 1, value, 0x8001f00d)
    runToBreakpoint(machine)
    const [r0, r1, r2, , , r5, r6] = [...machine.core.r].map((word) => word >>> 0)
    expect([r0, r1, r2, r5, r6]).toEqual([0xf0, 0xffff8001, 0x66778811, 0x8001f00d, 0x99aabbcc])
  })

  it('fetches from a table where there is no memory are a bus fault', async () => {
    const machine = await boot('start: nop\nnop\nb start\nfault: bkpt #0', {}, 'fault')
    patch(machine, 0, START, 0xbf00bf00)
    poke(machine, REGISTER.FP_REMAP, 0x3fffffe0)
    runToBreakpoint(machine)
    expect(peek(machine, REGISTER.CFSR)).toBe(CFSR.IBUSERR)
  })
})
