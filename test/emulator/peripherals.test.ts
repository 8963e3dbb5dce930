// RCC, GPIO and USART2 as firmware drives them (RM0090).

import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, peek, poke, REGISTER } from './harness.ts'

const RCC = 0x40023800
const GPIOD = 0x40020c00
const USART2 = 0x40004400
const RCC_H7 = 0x58024400
const RXNE = 1 << 5
const TC = 1 << 6
const TXE = 1 << 7

/** b . behind a vector table */
const IMAGE = Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7)

let machine: Machine
beforeEach(() => {
  machine = createMachine(IMAGE)
  poke(machine, RCC + 0x30, 0x00100008) // port D
  poke(machine, RCC + 0x40, 1 << 17) // USART2
})

describe('RCC', () => {
  it('starts on the internal oscillator', () => {
    expect(peek(machine, RCC)).toBe(0x83)
    expect(machine.rcc.coreHz).toBe(16_000_000)
  })

  it('has every clock ready once it is enabled, and no longer when it is not', () => {
    poke(machine, RCC, 0x01010081)
    expect(peek(machine, RCC)).toBe(0x03030083)
    poke(machine, RCC, 0x81)
    expect(peek(machine, RCC)).toBe(0x83)
  })

  it('has the PLL for audio and display on the STM32F746 alone', () => {
    const [pll, ready] = [1 << 28, 1 << 29]
    poke(machine, RCC, 0x83 | pll)
    expect(peek(machine, RCC)).toBe(0x83)
    const f746 = createMachine(IMAGE, 'stm32f746')
    poke(f746, RCC, 0x83 | pll)
    expect(peek(f746, RCC)).toBe(0x83 | pll | ready)
  })

  it('keeps the kernel clocks of the STM32H743, and its flag of the settled divider', () => {
    const [hsiKernel, divided, csiKernel] = [1 << 1, 1 << 5, 1 << 9]
    const h743 = createMachine(IMAGE, 'stm32h743')
    poke(h743, RCC_H7, 1 | hsiKernel | csiKernel)
    expect(peek(h743, RCC_H7)).toBe(1 | (1 << 2) | hsiKernel | divided | csiKernel)
  })

  it('reaches 168 MHz by the registers that firmware writes for it', () => {
    poke(machine, RCC, 0x00010083)
    poke(machine, RCC + 4, 8 | (336 << 6) | (0 << 16) | (1 << 22) | (7 << 24))
    poke(machine, RCC, 0x01010083)
    poke(machine, RCC + 8, 2 | (5 << 10) | (4 << 13))
    expect(peek(machine, RCC + 8) & 0xc).toBe(8)
    expect(machine.rcc.coreHz).toBe(168_000_000)
    expect(machine.rcc.apb1Divider).toBe(4)
    machine.reset()
    expect(machine.rcc.coreHz).toBe(16_000_000)
  })
})

describe('GPIO', () => {
  it('sets and clears outputs through BSRR and reads them back', () => {
    poke(machine, GPIOD, 0x55000000)
    poke(machine, GPIOD + 0x18, 0xf000)
    expect(peek(machine, GPIOD + 0x14)).toBe(0xf000)
    poke(machine, GPIOD + 0x18, (0x3000 << 16) | 0x1)
    expect(peek(machine, GPIOD + 0x14)).toBe(0xc001)
    // Pin 0 is an input.
    expect(peek(machine, GPIOD + 0x10)).toBe(0xc000)
    poke(machine, GPIOD + 0x1a, 0x8000, 2)
    expect(peek(machine, GPIOD + 0x14)).toBe(0x4001)
  })
})

describe('USART2', () => {
  const BRR = 139 // 115200 baud at 16 MHz
  const FRAME = 10 * BRR
  let sent: number[]
  beforeEach(() => {
    sent = []
    machine.serialPort.onTransmit = (byte) => sent.push(byte)
    poke(machine, USART2 + 8, BRR)
    poke(machine, USART2 + 0xc, 0x200c)
  })
  const status = () => peek(machine, USART2)

  it('sends a byte in ten bit times, and holds one more meanwhile', () => {
    expect(status()).toBe(TXE | TC)
    poke(machine, USART2 + 4, 0x41)
    expect(status()).toBe(TXE)
    poke(machine, USART2 + 4, 0x42)
    expect(status()).toBe(0)
    machine.run(FRAME - 10)
    expect(sent).toEqual([])
    machine.run(20)
    expect(sent).toEqual([0x41])
    expect(status()).toBe(TXE)
    machine.run(FRAME)
    expect(sent).toEqual([0x41, 0x42])
    expect(status()).toBe(TXE | TC)
  })

  it('receives at the speed of the line and waits for the reader', () => {
    let drained = 0
    machine.serialPort.onDrained = () => drained++
    expect(machine.serialPort.receive(Uint8Array.of(1, 2, 3))).toBe(3)
    expect(status() & RXNE).toBe(0)
    machine.run(FRAME + 5)
    expect(status() & RXNE).toBe(RXNE)
    machine.run(10 * FRAME)
    expect(peek(machine, USART2 + 4)).toBe(1)
    expect(status() & RXNE).toBe(0)
    machine.run(FRAME + 5)
    expect(peek(machine, USART2 + 4)).toBe(2)
    machine.run(FRAME + 5)
    expect(drained).toBe(1)
    expect(peek(machine, USART2 + 4, 1)).toBe(3)
  })

  it('says and hears nothing while it is off', () => {
    poke(machine, USART2 + 0xc, 0)
    poke(machine, USART2 + 4, 0x41)
    machine.serialPort.receive(Uint8Array.of(1))
    machine.run(5 * FRAME)
    expect(sent).toEqual([])
    expect(status() & RXNE).toBe(0)
  })

  it('pends its interrupt when a byte arrives and that is enabled', () => {
    poke(machine, USART2 + 0xc, 0x202c)
    machine.serialPort.receive(Uint8Array.of(7))
    machine.run(FRAME + 5)
    // IRQ 38 is bit 6 of the second register.
    expect(peek(machine, REGISTER.NVIC_ISPR + 4) & (1 << 6)).toBe(1 << 6)
  })
})
