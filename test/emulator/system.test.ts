// Exceptions, priorities, SysTick, faults and lockup, as the Armv7-M manual has them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  return createMachine(await assemble(bench, `system-${count++}`, `${vectors('start', handlers)}\n${code}`))
}

/** Loads a constant; keeps literal pools out of the snippets. */
const load = (register: string, value: number) =>
  `movw ${register}, #${value & 0xffff}\nmovt ${register}, #${value >>> 16}\n`

describe('reset', () => {
  it('loads the stack pointer and the program counter from the vector table', async () => {
    const machine = await boot('start: bkpt #0')
    expect(machine.core.r[13]).toBe(STACK)
    const at = runToBreakpoint(machine)
    expect(machine.memory.u16[(at - FLASH) / 2]).toBe(0xbe00)
  })

  it('of a blank chip locks the core up', async () => {
    const machine = createMachine(new Uint8Array(16).fill(0xff))
    expect(machine.run(1000)).toBe('locked-up')
    expect(peek(machine, REGISTER.DHCSR) & (1 << 19)).not.toBe(0)
  })

  it('asked for by software starts over and says so', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM)}ldr r1, [r0]\nadds r1, #1\nstr r1, [r0]\ncmp r1, #2\nbeq out\n` +
        `${load('r0', REGISTER.AIRCR)}${load('r1', 0x05fa0004)}str r1, [r0]\nspin: b spin\nout: bkpt #0`,
    )
    runToBreakpoint(machine)
    expect(peek(machine, SRAM)).toBe(2)
    expect(peek(machine, 0x40023874) & (1 << 28)).not.toBe(0)
  })
})

describe('exception entry and return', () => {
  it('stacks the registers, runs the handler and restores all of them', async () => {
    const machine = await boot(
      'start: movs r0, #10\nmovs r1, #11\nmovs r2, #12\nmovs r3, #13\nmovs r4, #1\nlsls r4, r4, #31\nsvc #3\nbkpt #0\n' +
        'service: mov r7, sp\nmrs r6, ipsr\nmovs r0, #0\nmovs r1, #0\nmovs r2, #0\nmov r12, r0\nbx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    const { r, xpsr } = machine.core
    expect([...r.subarray(0, 4)]).toEqual([10, 11, 12, 13])
    expect(r[6]).toBe(11)
    expect(r[7]).toBe(STACK - 32)
    expect(r[13]).toBe(STACK)
    // N and C of the shift survived.
    expect(xpsr >>> 28).toBe(0b1000)
  })

  it('aligns the frame to 8 bytes and undoes it', async () => {
    const machine = await boot('start: sub sp, #4\nsvc #0\nbkpt #0\nservice: mov r7, sp\nbx lr', { 11: 'service' })
    runToBreakpoint(machine)
    expect(machine.core.r[7]! & 7).toBe(0)
    expect(machine.core.r[13]).toBe(STACK - 4)
  })

  it('keeps the floating-point registers of whoever was interrupted', async () => {
    const machine = await boot(
      `start: ${load('r0', REGISTER.CPACR)}${load('r1', 0xf00000)}str r1, [r0]\nvmov.f32 s0, #1.5\nvmov.f32 s15, #2.5\n` +
        'mov r5, sp\nsvc #0\nbkpt #0\nservice: mov r6, lr\nmov r7, sp\nvmov.f32 s0, #9.0\nvmov.f32 s15, #9.0\nbx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    const { r, fpu } = machine.core
    expect([fpu.f32[0], fpu.f32[15]]).toEqual([1.5, 2.5])
    expect(r[6]! >>> 0).toBe(0xffffffe9)
    expect(r[5]! - r[7]!).toBe(0x68)
  })

  it('switches between the two stacks', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM + 0x8000)}msr psp, r0\nmovs r0, #2\nmsr control, r0\nisb\npush {r0}\nsvc #0\nmov r8, sp\n` +
        'mrs r9, msp\nbkpt #0\nservice: mov r6, lr\nmov r7, sp\nbx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    const { r } = machine.core
    expect(r[6]! >>> 0).toBe(0xfffffffd)
    expect(r[7]).toBe(STACK)
    expect(r[8]).toBe(SRAM + 0x8000 - 4)
    expect(r[9]).toBe(STACK)
  })

  it('resumes in the middle of an IT block', async () => {
    const machine = await boot(
      'start: movs r0, #0\nmovs r1, #1\ncmp r1, #1\nittte eq\nmoveq r2, #2\nsvceq #0\nmoveq r3, #3\nmovne r4, #4\nbkpt #0\n' +
        'service: cmp r1, #9\nbx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    expect([...machine.core.r.subarray(2, 5)]).toEqual([2, 3, 0])
  })
})

describe('priorities', () => {
  const ISPR = REGISTER.NVIC_ISPR
  it('let a more urgent interrupt in and make a less urgent one wait', async () => {
    // IRQ 0 (priority 0x40) pends IRQ 1 (0x20, preempts) and IRQ 2 (0x80, waits); each appends its letter.
    const append = (letter: number) => `ldr r1, [r0]\nlsl r1, r1, #4\nadd r1, r1, #${letter}\nstr r1, [r0]\n`
    const machine = await boot(
      `start: ${load('r0', SRAM)}movs r1, #0\nstr r1, [r0]\n${load('r2', REGISTER.NVIC_IPR)}${load('r1', 0x00802040)}` +
        `str r1, [r2]\n${load('r2', REGISTER.NVIC_ISER)}movs r1, #7\nstr r1, [r2]\n${load('r2', ISPR)}movs r1, #1\n` +
        `str r1, [r2]\nnop\n${load('r0', SRAM)}${append(9)}bkpt #0\n` +
        `irq0: ${append(1)}movs r1, #6\nstr r1, [r2]\nnop\n${append(4)}bx lr\nirq1: ${append(2)}bx lr\nirq2: ${append(5)}bx lr`,
      { 16: 'irq0', 17: 'irq1', 18: 'irq2' },
    )
    runToBreakpoint(machine)
    expect(peek(machine, SRAM).toString(16)).toBe('12459')
  })

  it('PRIMASK and BASEPRI hold interrupts back until they are lifted', async () => {
    const machine = await boot(
      `start: movs r7, #0\ncpsid i\n${load('r2', REGISTER.NVIC_ISER)}movs r1, #1\nstr r1, [r2]\n${load('r2', ISPR)}` +
        'str r1, [r2]\nmov r5, r7\ncpsie i\nnop\nmov r6, r7\nbkpt #0\n' +
        `${load('r3', REGISTER.NVIC_IPR)}movs r1, #0x80\nstr r1, [r3]\nmovs r1, #0x40\nmsr basepri, r1\nmovs r1, #1\nstr r1, [r2]\n` +
        'mov r8, r7\nmovs r1, #0\nmsr basepri, r1\nmov r9, r7\nbkpt #1\nirq0: adds r7, #1\nbx lr',
      { 16: 'irq0' },
    )
    runToBreakpoint(machine)
    expect([machine.core.r[5], machine.core.r[6]]).toEqual([0, 1])
    runToBreakpoint(machine)
    expect([machine.core.r[8], machine.core.r[9]]).toEqual([1, 2])
  })

  it('PendSV runs after the handler that asked for it', async () => {
    const machine = await boot(
      `start: movs r7, #0\n${load('r2', REGISTER.SHPR3)}${load('r1', 0x00ff0000)}str r1, [r2]\nsvc #0\nbkpt #0\n` +
        `service: ${load('r2', REGISTER.ICSR)}${load('r1', 1 << 28)}str r1, [r2]\nadds r7, #1\nlsls r7, r7, #4\nbx lr\n` +
        'pend: adds r7, #2\nbx lr',
      { 11: 'service', 14: 'pend' },
    )
    runToBreakpoint(machine)
    expect(machine.core.r[7]).toBe(0x12)
  })
})

describe('SysTick', () => {
  const program =
    `start: movs r7, #0\n${load('r2', REGISTER.SYST_CTRL)}${load('r1', 9999)}str r1, [r2, #4]\nmovs r1, #0\nstr r1, [r2, #8]\n` +
    'movs r1, #7\nstr r1, [r2]\nwait: cmp r7, #10\nblt wait\nbkpt #0\nsleep: wfi\nb sleep\ntick: adds r7, #1\nbx lr'

  it('interrupts once in LOAD + 1 cycles', async () => {
    const machine = await boot(program, { 15: 'tick' })
    const before = machine.core.cycles
    runToBreakpoint(machine)
    const cycles = machine.core.cycles - before
    expect(cycles).toBeGreaterThan(99_900)
    expect(cycles).toBeLessThan(100_400)
  })

  it('wakes a sleeping core, whose time jumps to it without executing anything', async () => {
    const machine = await boot(program, { 15: 'tick' })
    runToBreakpoint(machine)
    machine.core.pc += 2
    poke(machine, REGISTER.DHCSR, 0xa05f0000)
    expect(machine.run(1_000_000)).toBe('asleep')
    const { instructions } = machine.core
    const { now } = machine.scheduler
    machine.sleep(Infinity)
    expect(machine.core.instructions).toBe(instructions)
    expect(machine.scheduler.now - now).toBeLessThanOrEqual(10_000)
    expect(machine.run(1000)).toBe('asleep')
    expect(machine.core.r[7]).toBe(11)
  })

  it('counts down where software can read it, and tells of zero once', async () => {
    const machine = await boot('start: nop\nb start')
    poke(machine, REGISTER.SYST_LOAD, 999)
    poke(machine, REGISTER.SYST_VAL, 0)
    poke(machine, REGISTER.SYST_CTRL, 5)
    machine.run(400)
    const value = peek(machine, REGISTER.SYST_VAL)
    expect(value).toBeGreaterThan(590)
    expect(value).toBeLessThan(605)
    machine.run(800)
    expect(peek(machine, REGISTER.SYST_CTRL)).toBe(0x10005)
    expect(peek(machine, REGISTER.SYST_CTRL)).toBe(5)
  })
})

describe('faults', () => {
  const handled = 'fault: mrs r6, ipsr\nbkpt #0'
  const ENABLE_ALL = `${load('r0', REGISTER.SHCSR)}${load('r1', 0x70000)}str r1, [r0]\n`
  const cases: readonly [string, string, number, number][] = [
    ['an undefined instruction', 'udf #1', 6, 1 << 16],
    ['a branch to Arm state', 'movs r0, #0\nbx r0', 6, 1 << 17],
    ['floating point without CPACR', 'vadd.f32 s0, s1, s2', 6, 1 << 19],
    ['another coprocessor', 'mrc p15, 0, r0, c0, c0, 0', 6, 1 << 19],
    ['a load from where nothing is', `${load('r0', 0x30000000)}ldr r1, [r0]`, 5, (1 << 9) | (1 << 15)],
    ['a store to where nothing is', `${load('r0', 0x60000000)}strh r1, [r0]\nnop`, 5, 1 << 10],
    ['a write to locked flash', `${load('r0', FLASH + 0x1000)}str r1, [r0]\nnop`, 5, 1 << 10],
    ['code in CCM', `${load('r0', 0x10000001)}bx r0`, 5, 1 << 8],
    ['code in a peripheral', `${load('r0', 0x40020001)}bx r0`, 4, 1],
    ['an unaligned LDRD', `${load('r0', SRAM + 2)}ldrd r2, r3, [r0]`, 6, 1 << 24],
    ['an unaligned LDM', `${load('r0', SRAM + 1)}ldm r0, {r2, r3}`, 6, 1 << 24],
    [
      'a division by zero that traps',
      `${load('r0', REGISTER.CCR)}movs r1, #0x10\nstr r1, [r0]\nmovs r2, #0\nudiv r3, r1, r2`,
      6,
      1 << 25,
    ],
    [
      'an unaligned load that traps',
      `${load('r0', REGISTER.CCR)}movs r1, #0x8\nstr r1, [r0]\n${load('r2', SRAM + 1)}ldr r3, [r2]`,
      6,
      1 << 24,
    ],
    ['a bad exception return', 'svc #0', 6, 1 << 18],
  ]

  it.each(cases)('%s raises its own fault when that is enabled', async (_name, code, exception, cfsr) => {
    const handlers = { 3: 'hard', 4: 'fault', 5: 'fault', 6: 'fault', 11: 'service' }
    const machine = await boot(
      `start: ${ENABLE_ALL}${code}\nbkpt #9\n${handled}\nhard: bkpt #8\nservice: ${load('r0', 0xfffffff0)}bx r0`,
      handlers,
    )
    runToBreakpoint(machine)
    expect(machine.core.r[6]).toBe(exception)
    expect(peek(machine, REGISTER.CFSR)).toBe(cfsr)
  })

  it.each(cases)('%s becomes a HardFault when it is not', async (_name, code, _exception, cfsr) => {
    const machine = await boot(`start: ${code}\nbkpt #9\n${handled}\nservice: ${load('r0', 0xfffffff0)}bx r0`, {
      3: 'fault',
      11: 'service',
    })
    runToBreakpoint(machine)
    expect(machine.core.r[6]).toBe(3)
    expect(peek(machine, REGISTER.HFSR)).toBe(1 << 30)
    expect(peek(machine, REGISTER.CFSR)).toBe(cfsr)
  })

  it('a bus fault tells the address and returns to the instruction', async () => {
    const machine = await boot(
      `start: ${ENABLE_ALL}${load('r0', 0x3000abcc)}here: ldr r1, [r0]\nbkpt #9\nfault: ldr r7, [sp, #24]\nbkpt #0`,
      { 5: 'fault' },
    )
    runToBreakpoint(machine)
    expect(peek(machine, REGISTER.BFAR)).toBe(0x3000abcc)
    const offset = machine.core.r[7]! - FLASH
    expect(machine.memory.u16[offset / 2]).toBe(0x6801)
  })

  it('a fault in the HardFault handler locks the core up', async () => {
    const machine = await boot('start: udf #0\nfault: udf #1', { 3: 'fault' })
    expect(machine.run(10_000)).toBe('locked-up')
    expect(machine.run(10_000)).toBe('locked-up')
  })

  it('division by zero gives zero, and unaligned loads work, when nothing traps', async () => {
    const machine = await boot(
      `start: movs r1, #5\nmovs r2, #0\nmovs r3, #9\nsdiv r3, r1, r2\n${load('r0', SRAM)}${load('r4', 0x44332211)}` +
        'str r4, [r0]\nstr r4, [r0, #4]\nldr r5, [r0, #1]\nldrh r6, [r0, #3]\nstr r4, [r0, #6]\nldr r7, [r0, #4]\nbkpt #0',
    )
    runToBreakpoint(machine)
    const [, , , r3, , r5, r6, r7] = machine.core.r
    expect([r3, r5, r6, r7].map((word) => word! >>> 0)).toEqual([0, 0x11443322, 0x1144, 0x22112211])
  })

  it('unprivileged code cannot reach the private peripheral bus', async () => {
    const machine = await boot(
      `start: ${ENABLE_ALL}${load('r0', REGISTER.CPUID)}ldr r2, [r0]\nmovs r1, #1\nmsr control, r1\nisb\nldr r3, [r0]\nbkpt #9\n${handled}`,
      { 5: 'fault' },
    )
    runToBreakpoint(machine)
    expect(machine.core.r[2]! >>> 0).toBe(0x410fc241)
    expect(machine.core.r[6]).toBe(5)
  })
})

describe('code in RAM', () => {
  it('may change under the core: what was decoded is forgotten', async () => {
    // Copies "movs r0, #1; bx lr" to RAM, calls it, patches the constant, calls it again.
    const machine = await boot(
      `start: ${load('r4', SRAM + 0x100)}${load('r5', 0x47702001)}str r5, [r4]\nadds r6, r4, #1\nblx r6\nmov r8, r0\n` +
        'movs r5, #77\nstrb r5, [r4]\nblx r6\nmov r9, r0\nmovw r5, #0x2005\nstrh r5, [r4], #2\nsubs r4, #2\nblx r6\nbkpt #0',
    )
    runToBreakpoint(machine)
    const { r } = machine.core
    expect([r[8], r[9], r[0]]).toEqual([1, 77, 5])
  })
})

describe('bit bands and exclusives', () => {
  it('reach one bit of SRAM through its alias', async () => {
    const machine = await boot('start: bkpt #0')
    poke(machine, SRAM + 0x40, 0)
    poke(machine, 0x22000000 + 0x40 * 32 + 9 * 4, 1)
    expect(peek(machine, SRAM + 0x40)).toBe(1 << 9)
    expect(peek(machine, 0x22000000 + 0x40 * 32 + 9 * 4)).toBe(1)
  })

  it('store only what was loaded exclusively', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM)}movs r1, #4\nstr r1, [r0]\nldrex r2, [r0]\nadds r2, #1\nstrex r3, r2, [r0]\nstrex r4, r1, [r0]\n` +
        'ldrexb r5, [r0]\nclrex\nstrexb r6, r1, [r0]\nldr r7, [r0]\nbkpt #0',
    )
    runToBreakpoint(machine)
    expect([...machine.core.r.subarray(2, 8)]).toEqual([5, 0, 1, 5, 1, 5])
  })

  it('store exclusively at another address too, but not after an exception', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM)}movs r1, #9\nldrex r2, [r0]\nstrex r3, r1, [r0, #64]\nldr r4, [r0, #64]\n` +
        'ldrex r2, [r0]\nsvc #0\nstrex r5, r1, [r0]\nbkpt #0\nservice: bx lr',
      { 11: 'service' },
    )
    runToBreakpoint(machine)
    expect([...machine.core.r.subarray(3, 6)]).toEqual([0, 9, 1])
  })
})
