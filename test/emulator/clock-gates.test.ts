// Registers and memories without their clock (RM0090 chapter 7, RM0385 chapter 5, RM0433 chapter 8).

import { describe, expect, it } from 'vitest'
import { createMachine, faults, peek, poke, RUN, REGISTER } from './harness.ts'

/** a vector table, then b . */
const IMAGE = Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7)

interface Gate {
  peripheral: string
  /** a register of it that keeps these bits */
  register: number
  bits: number
  /** its reset value */
  reset?: number
  /** address and bit of its enable */
  enable: number
  bit: number
}

const F4_RCC = 0x40023800
const H7_RCC = 0x58024400
const port = (letter: string, base: number, enable: number, reset = 0): Gate => {
  const index = letter.charCodeAt(0) - 65
  return { peripheral: `GPIO${letter}`, register: base + 0x400 * index + 0x14, bits: 0xa5, reset, enable, bit: index }
}

const GATES: Readonly<Record<string, readonly Gate[]>> = {
  stm32f407: [
    ...['A', 'D', 'I'].map((letter) => port(letter, 0x40020000, F4_RCC + 0x30)),
    { peripheral: 'USART2', register: 0x40004408, bits: 0x1234, enable: F4_RCC + 0x40, bit: 17 },
    { peripheral: 'PWR', register: 0x40007000, bits: 0x100, reset: 0xc000, enable: F4_RCC + 0x40, bit: 28 },
  ],
  stm32f746: [
    ...['A', 'D', 'K'].map((letter) => port(letter, 0x40020000, F4_RCC + 0x30)),
    { peripheral: 'USART3', register: 0x4000480c, bits: 0x1234, enable: F4_RCC + 0x40, bit: 18 },
    { peripheral: 'PWR', register: 0x40007000, bits: 0x10000, reset: 0xc000, enable: F4_RCC + 0x40, bit: 28 },
  ],
  stm32h743: [
    ...['A', 'D', 'K'].map((letter) => port(letter, 0x58020000, H7_RCC + 0xe0)),
    { peripheral: 'USART3', register: 0x4000480c, bits: 0x1234, enable: H7_RCC + 0xe8, bit: 18 },
    { peripheral: 'SYSCFG', register: 0x5800042c, bits: 1, enable: H7_RCC + 0xf4, bit: 1 },
  ],
}

describe.each(Object.entries(GATES))('%s', (id, gates) => {
  it.each(gates)('$peripheral answers with its clock only', ({ register, bits, reset = 0, enable, bit }) => {
    const machine = createMachine(IMAGE, id)
    expect(peek(machine, register)).toBe(0)
    poke(machine, register, bits)
    const before = peek(machine, enable)
    expect((before >>> bit) & 1).toBe(0)
    poke(machine, enable, before | (1 << bit))
    expect(peek(machine, register)).toBe(reset)
    poke(machine, register, bits)
    expect(peek(machine, register) & bits).toBe(bits)
    const held = peek(machine, register)
    poke(machine, enable, before)
    expect(peek(machine, register)).toBe(0)
    poke(machine, register, 0)
    poke(machine, enable, before | (1 << bit))
    expect(peek(machine, register)).toBe(held)
  })
})

describe('memories of the STM32H743 in its D2 domain', () => {
  const AHB2ENR = H7_RCC + 0xdc
  const MEMORIES = [
    { name: 'SRAM1', start: 0x30000000, last: 0x3001fffc, bit: 29 },
    { name: 'SRAM2', start: 0x30020000, last: 0x3003fffc, bit: 30 },
    { name: 'SRAM3', start: 0x30040000, last: 0x30047ffc, bit: 31 },
  ]

  it.each(MEMORIES)('$name is on the bus with its clock only, and keeps what it holds', ({ start, last, bit }) => {
    const machine = createMachine(IMAGE, 'stm32h743')
    const others = MEMORIES.filter((memory) => memory.bit !== bit)
    for (const at of [start, last]) {
      expect(faults(() => peek(machine, at))).toBe(true)
      expect(faults(() => poke(machine, at, 1))).toBe(true)
    }
    poke(machine, AHB2ENR, 1 << bit)
    for (const at of [start, last]) {
      poke(machine, at, 0x12345678)
      expect(peek(machine, at)).toBe(0x12345678)
    }
    for (const other of others) expect(faults(() => peek(machine, other.start))).toBe(true)
    poke(machine, AHB2ENR, 0)
    expect(faults(() => peek(machine, last))).toBe(true)
    poke(machine, AHB2ENR, 1 << bit)
    expect(peek(machine, last)).toBe(0x12345678)
    machine.reset()
    expect(faults(() => peek(machine, start))).toBe(true)
  })

  it('carry the running program away with their clock, whether it is translated or not', () => {
    for (const translate of ['eager', false] as const) {
      const machine = createMachine(IMAGE, 'stm32h743', { translate })
      poke(machine, AHB2ENR, 1 << 29)
      // loop: adds r0, #1; cmp r0, #100; bne loop; str r2, [r1]; nop; b .
      machine.preload(0x30000100, Uint8Array.of(1, 0x30, 0x64, 0x28, 0xfc, 0xd1, 0x0a, 0x60, 0, 0xbf, 0xfe, 0xe7))
      poke(machine, REGISTER.DHCSR, RUN)
      machine.core.pc = 0x30000100
      machine.core.r[1] = AHB2ENR
      // A handler of its own would be needed for more than to fault where the next instruction was.
      machine.run(2000)
      expect(machine.core.r[0]).toBe(100)
      expect(machine.core.faults.last).toMatchObject({ exception: 3, cfsr: 1 << 8 })
      expect(machine.core.faults.last!.pc & ~0xf).toBe(0x30000100)
    }
  })
})
