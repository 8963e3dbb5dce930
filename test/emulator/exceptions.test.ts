// How exceptions follow each other: tail-chaining, lazy floating-point state, priority groups, the masks, the monitor.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXCEPTION_ENTRY, EXCEPTION_RETURN, FLOAT_STATE, TAIL_CHAIN } from '../../src-main/emulator/cycle-table.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, peek, poke, REGISTER, runToBreakpoint, SRAM, STACK, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

let count = 0
async function boot(code: string, handlers: Readonly<Record<number, string>> = {}): Promise<Machine> {
  return createMachine(await assemble(bench, `exceptions-${count++}`, `${vectors('start', handlers)}\n${code}`))
}

const load = (register: string, value: number) =>
  `movw ${register}, #${value & 0xffff}\nmovt ${register}, #${value >>> 16}\n`

const FPCCR = 0xe000ef34
const FPCAR = 0xe000ef38
const LSPACT = 1
const ENABLE_FPU = `${load('r0', REGISTER.CPACR)}${load('r1', 0xf00000)}str r1, [r0]\n`

describe('lazy floating-point state', () => {
  const run = async (handler: string) => {
    const machine = await boot(
      `start: ${ENABLE_FPU}vmov.f32 s3, #1.5\n${load('r4', FPCCR)}svc #0\nbkpt #0\nservice: ${handler}\nbx lr`,
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    return machine
  }

  it('stays in the registers of a handler that needs none of them', async () => {
    const machine = await run('ldr r5, [r4]\nmov r6, sp')
    expect(machine.core.r[5]! & LSPACT).toBe(LSPACT)
    expect(peek(machine, FPCAR)).toBe(STACK - 0x68 + 0x20)
    expect(peek(machine, STACK - 0x68 + 0x20 + 12)).toBe(0)
    expect(machine.core.fpu.f32[3]).toBe(1.5)
    expect(peek(machine, FPCCR) & LSPACT).toBe(0)
    expect(machine.core.fpContext).toBe(true)
  })

  it('goes to the frame at the first instruction that needs one, with FPSCR fresh from FPDSCR', async () => {
    const machine = await run('vmov.f32 s3, #9.0\nldr r5, [r4]\nvmrs r6, fpscr')
    expect(machine.core.r[5]! & LSPACT).toBe(0)
    expect(peek(machine, STACK - 0x68 + 0x20 + 12)).toBe(0x3fc00000)
    expect(machine.core.fpu.f32[3]).toBe(1.5)
  })

  it('goes to the frame at once without LSPEN', async () => {
    const machine = await boot(
      `start: ${ENABLE_FPU}${load('r4', FPCCR)}${load('r5', 0x80000000)}str r5, [r4]\nvmov.f32 s3, #1.5\nsvc #0\nbkpt #0\n` +
        'service: ldr r5, [r4]\nbx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    expect(machine.core.r[5]! & LSPACT).toBe(0)
    expect(peek(machine, STACK - 0x68 + 0x20 + 12)).toBe(0x3fc00000)
  })

  it('is saved once for two handlers, the inner one of which needs the unit', async () => {
    const machine = await boot(
      `start: ${ENABLE_FPU}vmov.f32 s3, #1.5\n${load('r2', REGISTER.NVIC_ISER)}movs r1, #1\nstr r1, [r2]\n` +
        `${load('r2', REGISTER.NVIC_ISPR)}${load('r3', 0xe000ed1c)}mov r5, #0x80000000\nstr r5, [r3]\nsvc #0\nbkpt #0\n` +
        'service: str r1, [r2]\nnop\nbx lr\nirq: vmov.f32 s3, #9.0\nbx lr',
      { 11: 'service', 16: 'irq' },
    )
    runToBreakpoint(machine)
    expect(machine.core.fpu.f32[3]).toBe(1.5)
    expect(peek(machine, STACK - 0x68 + 0x20 + 12)).toBe(0x3fc00000)
  })

  it('costs its cycles only when it is stored', async () => {
    const cycles = async (handler: string) => (await run(handler)).core.cycles
    const idle = await cycles('nop')
    // one more for VMOV in place of NOP: none
    expect((await cycles('vmov.f32 s3, #9.0')) - idle).toBe(2 * FLOAT_STATE)
  })
})

describe('tail-chaining', () => {
  // SVC pends IRQ 0, which has the same priority and so follows it.
  const code = (between: string) =>
    `start: ${load('r2', REGISTER.NVIC_ISER)}movs r1, #1\nstr r1, [r2]\n${load('r2', REGISTER.NVIC_ISPR)}movs r0, #10\n` +
    `mov r7, sp\nsvc #0\nbkpt #0\nservice: ${between}\nmovs r0, #99\nbx lr\nirq: ldr r4, [sp]\nmov r5, sp\nmov r6, lr\nbx lr`

  it('goes to the next handler with the same frame and the same EXC_RETURN', async () => {
    const machine = await boot(code('str r1, [r2]'), { 11: 'service', 16: 'irq' })
    runToBreakpoint(machine)
    const { r } = machine.core
    expect([r[4], r[5], r[6]! >>> 0]).toEqual([10, STACK - 32, 0xfffffff9])
    expect([r[0], r[13]]).toEqual([10, STACK])
  })

  it('takes 6 cycles where returning and entering take 22', async () => {
    const chained = await boot(code('str r1, [r2]'), { 11: 'service', 16: 'irq' })
    runToBreakpoint(chained)
    const single = await boot(code('nop'), { 11: 'service', 16: 'irq' })
    runToBreakpoint(single)
    // ldr, mov, mov, bx of the second handler
    const handler = 2 + 1 + 1 + 3
    expect(chained.core.cycles - single.core.cycles).toBe(TAIL_CHAIN + handler)
    expect(TAIL_CHAIN).toBeLessThan(EXCEPTION_ENTRY + EXCEPTION_RETURN)
  })
})

describe('priorities', () => {
  /** IRQ 0 with priority `first` pends IRQ 1 with priority `second`; r0 is 12 when it was preempted, 21 when not. */
  const preempts = async (group: number, first: number, second: number) => {
    const machine = await boot(
      `start: movs r0, #0\n${load('r4', REGISTER.AIRCR)}${load('r5', 0x05fa0000 | (group << 8))}str r5, [r4]\n` +
        `${load('r4', REGISTER.NVIC_IPR)}${load('r5', first | (second << 8))}str r5, [r4]\n` +
        `${load('r4', REGISTER.NVIC_ISER)}movs r5, #3\nstr r5, [r4]\n${load('r4', REGISTER.NVIC_ISPR)}movs r5, #1\n` +
        `str r5, [r4]\nnop\nbkpt #0\n` +
        'irq0: movs r6, #2\nstr r6, [r4]\nnop\nmovs r7, #1\nbx lr\nirq1: mov r8, r7\nbx lr',
      { 16: 'irq0', 17: 'irq1' },
    )
    runToBreakpoint(machine)
    return machine.core.r[8] === 0
  }

  it.each([
    [0, 0x40, 0x30, true],
    [0, 0x40, 0x40, false],
    [4, 0x40, 0x30, true],
    [5, 0x40, 0x30, true],
    [6, 0x70, 0x40, false],
    [6, 0x80, 0x40, true],
    [7, 0xf0, 0x00, false],
  ])('with PRIGROUP %i, 0x%s against 0x%s', async (group, first, second, expected) => {
    expect(await preempts(group, first, second)).toBe(expected)
  })

  it('FAULTMASK holds everything but NMI back, and a return lifts it', async () => {
    const machine = await boot(
      `start: cpsid f\n${load('r2', REGISTER.NVIC_ISER)}movs r1, #1\nstr r1, [r2]\n${load('r2', REGISTER.NVIC_ISPR)}str r1, [r2]\n` +
        `nop\nmov r5, r7\n${load('r3', REGISTER.ICSR)}mov r4, #0x80000000\nstr r4, [r3]\nnop\nmov r6, r7\ncpsie f\nnop\n` +
        'mov r8, r7\nbkpt #0\nirq: adds r7, #1\nbx lr\nnmi: adds r7, #16\nbx lr',
      { 2: 'nmi', 16: 'irq' },
    )
    runToBreakpoint(machine)
    expect([machine.core.r[5], machine.core.r[6], machine.core.r[8]]).toEqual([0, 16, 17])
  })

  it('BASEPRI_MAX only ever raises', async () => {
    const machine = await boot(
      'start: movs r0, #0x80\nmsr basepri_max, r0\nmovs r0, #0xc0\nmsr basepri_max, r0\nmrs r1, basepri\n' +
        'movs r0, #0x40\nmsr basepri_max, r0\nmovs r0, #0\nmsr basepri_max, r0\nmrs r2, basepri\nbkpt #0',
    )
    runToBreakpoint(machine)
    expect([machine.core.r[1], machine.core.r[2]]).toEqual([0x80, 0x40])
  })

  it('an interrupt that comes while a fault is entered is taken in its place when it is more urgent', async () => {
    // Stacking onto a peripheral that takes no stack: the derived BusFault is less urgent than the interrupt.
    const machine = await boot(
      `start: ${load('r2', REGISTER.SHCSR)}${load('r1', 0x70000)}str r1, [r2]\n${load('r2', 0xe000ed18)}${load('r1', 0x8000)}` +
        `str r1, [r2]\n${load('r2', REGISTER.NVIC_ISER)}movs r1, #1\nstr r1, [r2]\n${load('r0', 0x30000000)}msr psp, r0\n` +
        `movs r0, #2\nmsr control, r0\nisb\n${load('r2', REGISTER.NVIC_ISPR)}str r1, [r2]\nnop\nbkpt #0\n` +
        'irq: adds r7, #1\nbx lr\nfault: mov r8, r7\nmrs r9, ipsr\nbkpt #1',
      { 5: 'fault', 16: 'irq' },
    )
    runToBreakpoint(machine)
    expect([machine.core.r[8], machine.core.r[9]]).toEqual([1, 5])
    expect(peek(machine, REGISTER.CFSR)).toBe(1 << 12)
  })
})

describe('the debug monitor', () => {
  const MON_EN = 1 << 16
  const MON_STEP = 1 << 18
  const withMonitor = (bits: number, code: string) =>
    boot(`start: ${load('r0', REGISTER.DEMCR)}${load('r1', bits)}str r1, [r0]\n${code}`, { 12: 'monitor', 3: 'hang' })

  it('takes BKPT when no debugger is there', async () => {
    const machine = await withMonitor(
      MON_EN,
      'bkpt #3\nhang: b hang\nmonitor: ldr r2, [sp, #24]\nadds r2, #2\nstr r2, [sp, #24]\nadds r7, #1\nbx lr',
    )
    expect(machine.run(200)).toBe('running')
    expect([machine.core.r[7], machine.core.ipsr]).toEqual([1, 0])
    expect(peek(machine, REGISTER.DFSR)).toBe(2)
  })

  it('is left out where its priority does not let it in', async () => {
    const machine = await withMonitor(MON_EN, 'cpsid i\nbkpt #3\nhang: b hang\nmonitor: adds r7, #1\nbx lr')
    machine.run(200)
    expect([machine.core.r[7], machine.core.ipsr]).toEqual([0, 3])
  })

  it('steps through the code below it', async () => {
    const machine = await withMonitor(
      MON_EN | MON_STEP,
      'nop\nnop\nnop\nhang: b hang\nmonitor: adds r7, #1\nldr r6, [sp, #24]\nbx lr',
    )
    machine.run(90)
    expect(machine.core.r[7]).toBeGreaterThanOrEqual(3)
    expect(machine.core.r[6]! - FLASH).toBeGreaterThan(98 * 4)
  })
})

describe('watchpoints', () => {
  const DWT = { CTRL: 0xe0001000, CYCCNT: 0xe0001004, COMP0: 0xe0001020, MASK0: 0xe0001024, FUNCTION0: 0xe0001028 }
  const DWTTRAP = 4
  const WORD = SRAM + 0x100
  const CODE =
    `start: ${load('r0', WORD)}movs r1, #7\nldr r2, [r0, #64]\nstr r1, [r0]\nadds r3, #1\nldr r2, [r0]\nadds r3, #1\n` +
    'strb r1, [r0, #5]\nadds r3, #1\nbkpt #0'
  const watch = async (comparator: number, value: number, fn: number, mask = 0) => {
    const machine = await boot(CODE)
    poke(machine, REGISTER.DHCSR, 0xa05f0001)
    poke(machine, REGISTER.DEMCR, 1 << 24)
    poke(machine, DWT.COMP0 + 16 * comparator, value)
    poke(machine, DWT.MASK0 + 16 * comparator, mask)
    poke(machine, DWT.FUNCTION0 + 16 * comparator, fn)
    return machine
  }
  const stepsUntilHalt = (machine: Machine) => {
    expect(machine.run(1000)).toBe('halted')
    return [machine.core.r[3], peek(machine, REGISTER.DFSR) & (DWTTRAP | 2)]
  }

  it.each([
    ['a write', 0, WORD, 6, 0, 0],
    ['a read', 3, WORD, 5, 0, 1],
    ['any access', 2, WORD, 7, 0, 0],
    ['a byte within the mask', 1, WORD, 6, 3, 0],
    ['a byte in a watched word', 1, WORD + 4, 6, 2, 2],
  ])('halt after %s', async (_name, comparator, value, fn, mask, steps) => {
    const machine = await watch(comparator, value, fn, mask)
    expect(stepsUntilHalt(machine)).toEqual([steps, DWTTRAP])
    // MATCHED, until it was read.
    expect(peek(machine, DWT.FUNCTION0 + 16 * comparator) & (1 << 24)).toBe(1 << 24)
    expect(peek(machine, DWT.FUNCTION0 + 16 * comparator) & (1 << 24)).toBe(0)
  })

  it('do not halt beside what they watch, nor without TRCENA', async () => {
    expect(stepsUntilHalt(await watch(0, WORD + 8, 7))).toEqual([3, 2])
    const machine = await watch(0, WORD, 7)
    poke(machine, REGISTER.DEMCR, 0)
    expect(stepsUntilHalt(machine)).toEqual([3, 2])
  })

  it('halt at a value, anywhere or at a linked address', async () => {
    // Linked to itself: to no address.
    const VALUE = 0x100 | (2 << 10) | (1 << 12) | (1 << 16) | 6
    const machine = await watch(1, 7, VALUE)
    expect(stepsUntilHalt(machine)).toEqual([0, DWTTRAP])
    const other = await watch(1, 8, VALUE)
    expect(stepsUntilHalt(other)).toEqual([3, 2])
    const linked = await watch(1, 7, (VALUE & ~(1 << 12)) | (2 << 12))
    poke(linked, DWT.COMP0 + 32, WORD + 64)
    expect(stepsUntilHalt(linked)).toEqual([3, 2])
  })

  it('halt before an instruction', async () => {
    const at = FLASH + 98 * 4 + 8 + 2 + 2 + 2
    const machine = await watch(2, at, 4)
    expect(stepsUntilHalt(machine)).toEqual([0, DWTTRAP])
    expect(machine.core.pc).toBe(at)
    poke(machine, DWT.FUNCTION0 + 32, 0)
    poke(machine, REGISTER.DHCSR, 0xa05f0001)
    expect(stepsUntilHalt(machine)).toEqual([3, DWTTRAP | 2])
  })

  it('halt when the cycle counter comes to a value', async () => {
    const machine = await boot('start: b start')
    poke(machine, REGISTER.DHCSR, 0xa05f0001)
    poke(machine, REGISTER.DEMCR, 1 << 24)
    poke(machine, DWT.COMP0, 500)
    poke(machine, DWT.FUNCTION0, 0x84)
    poke(machine, DWT.CTRL, 1)
    expect(machine.run(10_000)).toBe('halted')
    expect(peek(machine, DWT.CYCCNT)).toBeGreaterThanOrEqual(500)
    expect(peek(machine, DWT.CYCCNT)).toBeLessThan(510)
  })

  it('go to the debug monitor when no debugger is there', async () => {
    const machine = await boot(`${CODE.replace('bkpt #0', 'hang: b hang')}\nmonitor: adds r7, #1\nbx lr`, {
      12: 'monitor',
    })
    poke(machine, REGISTER.DEMCR, (1 << 24) | (1 << 16))
    poke(machine, DWT.COMP0, WORD)
    poke(machine, DWT.FUNCTION0, 7)
    machine.run(300)
    expect([machine.core.r[7], machine.core.r[3]]).toEqual([2, 3])
  })
})
