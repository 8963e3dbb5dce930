// What a debugger does to the core through its bus: halt, step, registers, vector catch, breakpoints, trace.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import {
  createMachine,
  DEBUG_KEY,
  FLASH,
  HALT,
  peek,
  poke,
  REGISTER,
  RUN,
  S_HALT,
  S_LOCKUP,
  SRAM,
  STACK,
  STEP,
  vectors,
} from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

const PROGRAM = `
start: movs r0, #0
loop: adds r0, #1
  adds r1, r0, r0
  b loop
.balign 4
marks: ldr r0, =0xE0000000
  movs r1, #5
  str r1, [r0]
  nop
  nop
  movs r1, #6
  str r1, [r0]
  ldr r2, =0xE0001004
  ldr r3, [r2]
  nop
  nop
  nop
  ldr r4, [r2]
  bkpt #0
.balign 4
crash: udf #0
`
const LOOP = FLASH + 98 * 4 + 2
const MARKS = FLASH + 98 * 4 + 8

let bench: Workbench
let image: Uint8Array
let machine: Machine
beforeAll(async () => {
  bench = await Workbench.open()
  image = await assemble(bench, 'debug', `${vectors('start', { 3: 'crash' })}${PROGRAM}`)
})
afterAll(() => bench.close())
beforeEach(() => {
  machine = createMachine(image)
})

const status = () => peek(machine, REGISTER.DHCSR)
const halt = () => poke(machine, REGISTER.DHCSR, HALT)
function readRegister(number: number): number {
  poke(machine, REGISTER.DCRSR, number)
  return peek(machine, REGISTER.DCRDR)
}
function writeRegister(number: number, value: number): void {
  poke(machine, REGISTER.DCRDR, value)
  poke(machine, REGISTER.DCRSR, number | (1 << 16))
}

describe('halting', () => {
  it('stops the core, and running lets it go on', () => {
    machine.run(1000)
    halt()
    expect(status() & S_HALT).toBe(S_HALT)
    const { instructions } = machine.core
    expect(machine.run(1000)).toBe('halted')
    expect(machine.core.instructions).toBe(instructions)
    poke(machine, REGISTER.DHCSR, RUN)
    expect(status() & S_HALT).toBe(0)
    expect(machine.run(1000)).toBe('running')
    expect(machine.core.instructions).toBeGreaterThan(instructions)
  })

  it('needs the key', () => {
    poke(machine, REGISTER.DHCSR, 3)
    expect(status() & S_HALT).toBe(0)
  })

  it('cannot be asked for by software that nobody debugs', () => {
    machine.bus.write(REGISTER.DHCSR, 4, HALT | 0)
    expect(machine.run(100)).toBe('running')
  })

  it('tells once of instructions retired and of a reset', () => {
    machine.run(100)
    const first = status()
    const second = status()
    expect([(first >>> 24) & 1, (first >>> 25) & 1]).toEqual([1, 1])
    expect([(second >>> 24) & 1, (second >>> 25) & 1]).toEqual([0, 0])
  })

  it('steps one instruction at a time', () => {
    halt()
    const visited = [readRegister(15)]
    for (let i = 0; i < 4; i++) {
      poke(machine, REGISTER.DHCSR, STEP)
      machine.run(1000)
      expect(status() & S_HALT).toBe(S_HALT)
      visited.push(readRegister(15))
    }
    expect(visited.map((address) => address - LOOP)).toEqual([-2, 0, 2, 4, 0])
    expect(machine.core.instructions).toBe(4)
  })
})

describe('registers', () => {
  it('are read and written through DCRSR and DCRDR', () => {
    halt()
    for (let register = 0; register < 13; register++) writeRegister(register, 0x1000 + register)
    writeRegister(17, SRAM + 0x400)
    writeRegister(18, SRAM + 0x800)
    writeRegister(16, 0xf1000000)
    writeRegister(33, 0x03000000)
    writeRegister(64 + 9, 0x40490fdb)
    for (let register = 0; register < 13; register++) expect(readRegister(register)).toBe(0x1000 + register)
    expect([13, 17, 18].map(readRegister)).toEqual([SRAM + 0x400, SRAM + 0x400, SRAM + 0x800])
    expect(readRegister(16) >>> 24).toBe(0xf1)
    expect(readRegister(33)).toBe(0x03000000)
    expect(readRegister(64 + 9)).toBe(0x40490fdb)
    writeRegister(20, 0x02000001)
    expect(readRegister(20)).toBe(0x02000001)
    expect(readRegister(13)).toBe(SRAM + 0x800)
  })

  it('change where the core goes on', () => {
    halt()
    writeRegister(15, LOOP)
    writeRegister(0, 100)
    poke(machine, REGISTER.DHCSR, STEP)
    machine.run(10)
    expect(readRegister(0)).toBe(101)
  })
})

describe('reset', () => {
  it('keeps the core halted at its first instruction with VC_CORERESET', () => {
    poke(machine, REGISTER.DHCSR, RUN)
    poke(machine, REGISTER.DEMCR, 1)
    machine.run(1000)
    poke(machine, REGISTER.AIRCR, 0x05fa0004)
    expect(status() & S_HALT).toBe(S_HALT)
    expect([readRegister(15), readRegister(13), readRegister(0)]).toEqual([LOOP - 2, STACK, 0])
    expect(peek(machine, REGISTER.DFSR) & 8).toBe(8)
  })

  it('lets a core run that was halted: DHCSR keeps C_DEBUGEN and loses C_HALT', () => {
    halt()
    poke(machine, REGISTER.AIRCR, 0x05fa0004)
    expect(status() & 0xffff).toBe(1)
    expect(machine.run(100)).toBe('running')
  })

  it('keeps RAM, and runs when nothing catches it', () => {
    poke(machine, SRAM + 64, 0x1234)
    machine.reset()
    expect(peek(machine, SRAM + 64)).toBe(0x1234)
    expect(machine.run(100)).toBe('running')
  })
})

describe('vector catch and breakpoints', () => {
  it('halt at a HardFault', () => {
    halt()
    poke(machine, REGISTER.DEMCR, 1 << 10)
    writeRegister(15, FLASH + 0xf0000)
    poke(machine, REGISTER.DHCSR, RUN)
    // Erased flash is no instruction.
    expect(machine.run(1000)).toBe('halted')
    expect(readRegister(16) & 0x1ff).toBe(3)
  })

  it('show a lockup', () => {
    halt()
    writeRegister(15, FLASH + 0xf0000)
    poke(machine, REGISTER.DHCSR, RUN)
    expect(machine.run(1000)).toBe('locked-up')
    expect(status() & S_LOCKUP).toBe(S_LOCKUP)
  })

  it('stop before an instruction that the breakpoint unit watches, until it is switched off', () => {
    poke(machine, REGISTER.DHCSR, RUN)
    machine.run(100)
    const which = LOOP & 2 ? 2 : 1
    poke(machine, REGISTER.FP_COMP0, ((LOOP & ~3) | (which << 30) | 1) >>> 0)
    poke(machine, REGISTER.FP_CTRL, 3)
    expect(machine.run(1000)).toBe('halted')
    expect(readRegister(15)).toBe(LOOP)
    expect(peek(machine, REGISTER.DFSR) & 2).toBe(2)
    poke(machine, REGISTER.FP_CTRL, 2)
    poke(machine, REGISTER.DHCSR, RUN)
    expect(machine.run(1000)).toBe('running')
  })

  it('a BKPT without a debugger is a HardFault', () => {
    machine.core.pc = MARKS + 26
    machine.run(3)
    expect(machine.core.ipsr).toBe(3)
    expect(peek(machine, REGISTER.HFSR)).toBe(0x80000000)
  })
})

describe('trace', () => {
  const enable = () => {
    poke(machine, REGISTER.DHCSR, HALT)
    poke(machine, REGISTER.DEMCR, 1 << 24)
    poke(machine, REGISTER.ITM_LAR, 0xc5acce55)
    poke(machine, REGISTER.ITM_TCR, 1)
    poke(machine, REGISTER.ITM_TER, 1)
    poke(machine, REGISTER.DWT_CTRL, 1)
  }
  const runMarks = () => {
    writeRegister(15, MARKS)
    poke(machine, REGISTER.DHCSR, RUN)
    expect(machine.run(1000)).toBe('halted')
  }

  it('records marks with the instructions and cycles before them', () => {
    enable()
    runMarks()
    expect(machine.marks.map(({ value }) => value)).toEqual([5, 6])
    const [first, second] = machine.marks
    // The store itself counts: ldr, movs, str; then nop, nop, movs, str.
    expect(first!.instructions).toBe(3)
    expect(second!.instructions - first!.instructions).toBe(4)
    expect(second!.cycles - first!.cycles).toBe(4)
  })

  it.each([
    ['TRCENA', () => poke(machine, REGISTER.DEMCR, 0)],
    ['ITMENA', () => poke(machine, REGISTER.ITM_TCR, 0)],
    ['the port', () => poke(machine, REGISTER.ITM_TER, 0)],
  ])('records nothing without %s', (_name, disable) => {
    enable()
    disable()
    runMarks()
    expect(machine.marks).toEqual([])
  })

  it('does not open without its key', () => {
    poke(machine, REGISTER.DEMCR, 1 << 24)
    poke(machine, REGISTER.ITM_TCR, 1)
    expect(peek(machine, REGISTER.ITM_TCR)).toBe(0)
  })

  it('counts cycles while it is enabled, and only then', () => {
    enable()
    poke(machine, REGISTER.DWT_CYCCNT, 1000)
    runMarks()
    // ldr 2, nop x 3
    expect(machine.core.r[4]! - machine.core.r[3]!).toBe(5)
    expect(machine.core.r[3]).toBeGreaterThan(1000)
    poke(machine, REGISTER.DWT_CTRL, 0)
    const stopped = peek(machine, REGISTER.DWT_CYCCNT)
    runMarks()
    expect(peek(machine, REGISTER.DWT_CYCCNT)).toBe(stopped)
  })

  it('survives a system reset', () => {
    enable()
    machine.reset()
    expect([REGISTER.ITM_TCR, REGISTER.ITM_TER].map((address) => peek(machine, address))).toEqual([1, 1])
  })
})

describe('identification', () => {
  it('is that of an STM32F405/407', () => {
    expect(peek(machine, 0xe0042000) & 0xfff).toBe(0x413)
    expect(peek(machine, REGISTER.CPUID)).toBe(0x410fc241)
    expect(peek(machine, 0x1fff7a22, 2)).toBe(1024)
    expect([0, 4, 8].map((offset) => peek(machine, 0x1fff7a10 + offset))).not.toContain(0)
    expect(DEBUG_KEY >>> 16).toBe(0xa05f)
  })
})
