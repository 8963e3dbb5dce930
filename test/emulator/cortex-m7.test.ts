// What a Cortex-M7 shows and does otherwise than a Cortex-M4 (ARM DDI 0489), and the chips around it.

import { describe, expect, it } from 'vitest'
import { createMachine, faults, FLASH, peek, poke, REGISTER, RUN } from './harness.ts'

/** a vector table, then adds r0, #1 and b . */
const IMAGE = Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 1, 0x30, 0xfe, 0xe7)
const CSSELR = 0xe000ed84
const CCSIDR = 0xe000ed80
const BOARDS = [
  { id: 'stm32f746', cpuid: 0x410fc271, mvfr0: 0x10110021, lines: { data: 0xf003e019, instructions: 0xf007e009 } },
  { id: 'stm32h743', cpuid: 0x411fc271, mvfr0: 0x10110221, lines: { data: 0xf00fe019, instructions: 0xf01fe009 } },
]

describe.each(BOARDS)('the core of $id', ({ id, cpuid, mvfr0, lines }) => {
  it('says which one it is', () => {
    const machine = createMachine(IMAGE, id)
    expect([peek(machine, REGISTER.CPUID), peek(machine, 0xe000ef40)]).toEqual([cpuid, mvfr0])
  })

  it('describes its caches, lets them be switched on, and takes their maintenance', () => {
    const machine = createMachine(IMAGE, id)
    poke(machine, CSSELR, 0)
    expect(peek(machine, CCSIDR)).toBe(lines.data)
    poke(machine, CSSELR, 1)
    expect(peek(machine, CCSIDR)).toBe(lines.instructions)
    for (let offset = 0xf50; offset <= 0xf78; offset += 4) poke(machine, 0xe000e000 + offset, 0)
    poke(machine, REGISTER.CCR, 0x30000)
    // Stack alignment and branch prediction stay on.
    expect(peek(machine, REGISTER.CCR)).toBe(0x70200)
    machine.reset()
    expect(peek(machine, REGISTER.CCR)).toBe(0x40200)
  })

  it('stops at any address by the second version of the breakpoint unit', () => {
    const machine = createMachine(IMAGE, id)
    expect(peek(machine, REGISTER.FP_CTRL)).toBe(0x10000080)
    machine.preload(0x20000100, Uint8Array.of(0, 0xbf, 1, 0x30, 0xfe, 0xe7))
    poke(machine, REGISTER.DHCSR, RUN)
    poke(machine, REGISTER.FP_CTRL, 3)
    poke(machine, REGISTER.FP_COMP0, 0x20000102 | 1)
    machine.core.pc = 0x20000100
    expect(machine.run(1000)).toBe('halted')
    expect(machine.core.pc).toBe(0x20000102)
  })

  it('has no bit bands', () => {
    const machine = createMachine(IMAGE, id)
    expect(faults(() => peek(machine, 0x22000000))).toBe(true)
    expect(faults(() => peek(machine, 0x42000000))).toBe(true)
  })

  it('starts from flash, with the vector table where the option bytes say', () => {
    const machine = createMachine(IMAGE, id)
    machine.run(50)
    expect([machine.core.r[0], machine.core.pc]).toEqual([1, FLASH + 10])
    expect(peek(machine, REGISTER.VTOR)).toBe(id === 'stm32f746' ? 0x00200000 : FLASH)
  })
})

describe('the clocks of the STM32H743', () => {
  const RCC = 0x58024400
  it('start at 64 MHz and reach what the registers say, the fraction included', () => {
    const machine = createMachine(IMAGE, 'stm32h743')
    expect(machine.rcc.coreHz).toBe(64_000_000)
    poke(machine, RCC, 0x00050025)
    expect(peek(machine, RCC) & (1 << 17)).toBe(1 << 17)
    poke(machine, RCC + 0x28, 2 | (2 << 4))
    poke(machine, RCC + 0x30, 199 | (1 << 9))
    poke(machine, RCC, 0x01050025)
    expect(peek(machine, RCC) & (1 << 25)).toBe(1 << 25)
    poke(machine, RCC + 0x10, 3)
    expect(peek(machine, RCC + 0x10)).toBe(3 | (3 << 3))
    expect(machine.rcc.coreHz).toBe(400_000_000)
    poke(machine, RCC + 0x34, 4096 << 3)
    poke(machine, RCC + 0x2c, 1)
    expect(machine.rcc.coreHz).toBe(401_000_000)
    poke(machine, RCC + 0x18, 8 << 8)
    expect(machine.rcc.coreHz).toBe(200_500_000)
    poke(machine, RCC + 0x18, 8)
    poke(machine, RCC + 0x1c, 4 << 4)
    expect(machine.rcc.apb1Divider).toBe(4)
  })

  it('remember what reset the chip until they are told to forget', () => {
    const machine = createMachine(IMAGE, 'stm32h743')
    expect(peek(machine, RCC + 0xd0) & (1 << 23)).toBe(1 << 23)
    poke(machine, RCC + 0xd0, 1 << 16)
    expect(peek(machine, RCC + 0xd0)).toBe(0)
    poke(machine, REGISTER.AIRCR, 0x05fa0004)
    expect(peek(machine, RCC + 0xd0)).toBe((1 << 24) | (1 << 22) | (1 << 17))
  })
})

describe('identification', () => {
  it.each([
    ['stm32f407', 0xe0042000, 0x413, 0x1fff7a22, 1024, 0x1fff7a10],
    ['stm32f746', 0xe0042000, 0x449, 0x1ff0f442, 1024, 0x1ff0f420],
    ['stm32h743', 0x5c001000, 0x450, 0x1ff1e880, 2048, 0x1ff1e800],
  ])('%s says its chip, its flash size and a unique number', (id, dbgmcu, chip, sizeAt, kilobytes, uniqueId) => {
    const machine = createMachine(IMAGE, id)
    expect(peek(machine, dbgmcu) & 0xfff).toBe(chip)
    expect(peek(machine, sizeAt, 2)).toBe(kilobytes)
    expect([0, 4, 8].map((offset) => peek(machine, uniqueId + offset))).not.toContain(0)
  })
})
