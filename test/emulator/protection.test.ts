// The MPU: regions, subregions, background, execute-never, and what a forbidden access turns into.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { Mpu } from '../../src-main/emulator/core/mpu.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, peek, poke, REGISTER, runToBreakpoint, SRAM, STACK, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

const MPU = { TYPE: 0xe000ed90, CTRL: 0xe000ed94, RNR: 0xe000ed98, RBAR: 0xe000ed9c, RASR: 0xe000eda0 } as const
const MMFAR = 0xe000ed34
const ENABLE = 1
const HFNMIENA = 2
const PRIVDEFENA = 4
const XN = 1 << 28
const AP = { NONE: 0, PRIVILEGED: 1, READ_ONLY_FOR_USERS: 2, FULL: 3, PRIVILEGED_READ_ONLY: 5, READ_ONLY: 6 } as const
const CFSR = { IACCVIOL: 1, DACCVIOL: 2, MUNSTKERR: 8, MSTKERR: 16, MLSPERR: 32, MMARVALID: 128 } as const

/** log2 of the size in bytes */
const region = (bits: number, ap: number, more = 0) => ((bits - 1) << 1) | (ap << 24) | more | 1

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

const load = (register: string, value: number) =>
  `movw ${register}, #${value & 0xffff}\nmovt ${register}, #${value >>> 16}\n`

/** Stops in every fault handler, with the number of the exception in r12. */
const HANDLER = 'stop: mrs r12, ipsr\nbkpt #7'

let count = 0
async function boot(
  code: string,
  regions: readonly (readonly [number, number])[],
  control: number,
  service = 'service: bx lr',
): Promise<Machine> {
  const handlers = { 3: 'stop', 4: 'stop', 5: 'stop', 6: 'stop', 11: 'service' }
  const image = await assemble(
    bench,
    `mpu-${count++}`,
    `${vectors('start', handlers)}\n${code}\n${HANDLER}\n${service}`,
  )
  const machine = createMachine(image)
  poke(machine, REGISTER.SHCSR, 0x70000)
  regions.forEach(([base, attributes], index) => {
    poke(machine, MPU.RNR, index)
    poke(machine, MPU.RBAR, base)
    poke(machine, MPU.RASR, attributes)
  })
  poke(machine, MPU.CTRL, control)
  return machine
}

const CODE: readonly [number, number] = [FLASH, region(20, AP.READ_ONLY)]
const RAM: readonly [number, number] = [SRAM, region(17, AP.FULL, XN)]
const FIRST_WORDS = SRAM + 0x400

describe('registers', () => {
  it('tell of eight regions, and keep each region apart', async () => {
    const machine = await boot('start: bkpt #0', [CODE, RAM], 0)
    expect(peek(machine, MPU.TYPE)).toBe(0x800)
    poke(machine, MPU.RNR, 1)
    expect([peek(machine, MPU.RBAR), peek(machine, MPU.RASR)]).toEqual([RAM[0] | 1, RAM[1]])
    // VALID chooses the region with the address; the aliases write the same registers.
    poke(machine, MPU.RBAR + 8, 0x40000000 | 16 | 5)
    expect([peek(machine, MPU.RNR), peek(machine, MPU.RBAR)]).toEqual([5, 0x40000005])
  })
})

describe('a data access', () => {
  const TOUCH = `start: ${load('r0', FIRST_WORDS)}movs r1, #5\nstr r1, [r0]\nldr r2, [r0]\nbkpt #0`

  it('passes where a region grants it', async () => {
    const machine = await boot(TOUCH, [CODE, RAM], ENABLE)
    runToBreakpoint(machine)
    expect([machine.core.r[2], machine.core.ipsr]).toEqual([5, 0])
  })

  it.each([
    ['no region', [CODE, [STACK - 0x1000, region(12, AP.FULL)]], ENABLE],
    ['a region that grants nothing', [CODE, RAM, [SRAM, region(12, AP.NONE)]], ENABLE],
    ['a read-only region', [CODE, RAM, [SRAM, region(12, AP.READ_ONLY)]], ENABLE],
    ['a region of 32 bytes in a page', [CODE, RAM, [FIRST_WORDS, region(5, AP.READ_ONLY)]], ENABLE | PRIVDEFENA],
  ] as const)('faults on %s, and says where', async (_name, regions, control) => {
    const machine = await boot(TOUCH, regions, control)
    runToBreakpoint(machine)
    expect(machine.core.r[12]).toBe(4)
    expect(peek(machine, REGISTER.CFSR)).toBe(CFSR.DACCVIOL | CFSR.MMARVALID)
    expect(peek(machine, MMFAR)).toBe(FIRST_WORDS)
    expect(peek(machine, FIRST_WORDS)).toBe(0)
  })

  it.each([
    ['the background that is privileged code’s', [CODE], ENABLE | PRIVDEFENA],
    ['beside a small region', [CODE, RAM, [FIRST_WORDS + 32, region(5, AP.NONE)]], ENABLE],
    ['a subregion that is off', [CODE, RAM, [SRAM, region(13, AP.NONE, 1 << (8 + 1))]], ENABLE],
    ['a region that is off', [CODE, RAM, [SRAM, region(12, AP.NONE) & ~1]], ENABLE],
    ['an MPU that is off', [[SRAM, region(17, AP.NONE)]], PRIVDEFENA],
  ] as const)('passes on %s', async (_name, regions, control) => {
    const machine = await boot(TOUCH, regions, control)
    runToBreakpoint(machine)
    expect([machine.core.r[2], machine.core.ipsr]).toEqual([5, 0])
  })

  it('of unprivileged code sees its own permissions, and its supervisor its own', async () => {
    const machine = await boot(
      `start: ${load('r0', FIRST_WORDS)}movs r1, #5\nstr r1, [r0]\nldr r2, [r0]\nmovs r3, #1\nmsr control, r3\nisb\n` +
        'svc #0\nldr r4, [r0]\nstr r1, [r0, #4]\nbkpt #0',
      [CODE, RAM, [SRAM, region(12, AP.READ_ONLY_FOR_USERS)]],
      ENABLE,
    )
    runToBreakpoint(machine)
    expect([machine.core.r[2], machine.core.r[4], machine.core.r[12]]).toEqual([5, 5, 4])
    expect(peek(machine, MMFAR)).toBe(FIRST_WORDS + 4)
  })

  it('that reaches into a forbidden region with its last byte faults', async () => {
    const machine = await boot(
      `start: ${load('r0', FIRST_WORDS)}ldr r2, [r0, #-3]\nldr r3, [r0, #-2]\nbkpt #0`,
      [CODE, RAM, [FIRST_WORDS, region(5, AP.NONE)]],
      ENABLE,
    )
    machine.preload(FIRST_WORDS - 4, Uint8Array.of(1, 2, 3, 4))
    runToBreakpoint(machine)
    expect(machine.core.r[12]).toBe(4)
    expect(peek(machine, MMFAR)).toBe(FIRST_WORDS - 3)
  })

  it('by LDRT and STRT is that of unprivileged code', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM + 0x8000)}ldrt r1, [r0, #4]\nstrt r1, [r0, #8]\n${load('r0', FIRST_WORDS)}` +
        'movs r1, #9\nstr r1, [r0]\nldrbt r2, [r0, #3]\nbkpt #0',
      [CODE, RAM, [SRAM, region(12, AP.PRIVILEGED)]],
      ENABLE,
    )
    poke(machine, SRAM + 0x8004, 77)
    runToBreakpoint(machine)
    expect(peek(machine, SRAM + 0x8008)).toBe(77)
    expect(peek(machine, FIRST_WORDS)).toBe(9)
    expect([machine.core.r[12], peek(machine, MMFAR)]).toEqual([4, FIRST_WORDS + 3])
  })

  it('passes in HardFault with the MPU off there, and not with HFNMIENA', async () => {
    const code = `start: ${load('r0', FIRST_WORDS)}udf #0\nfault: str r0, [r0]\nhang: b hang`
    for (const [control, stored] of [
      [ENABLE, FIRST_WORDS],
      [ENABLE | HFNMIENA, 0],
    ] as const) {
      const image = await assemble(bench, `mpu-${count++}`, `${vectors('start', { 3: 'fault' })}\n${code}`)
      const machine = createMachine(image)
      for (const [index, [base, attributes]] of [CODE, RAM, [SRAM, region(12, AP.NONE)] as const].entries()) {
        poke(machine, MPU.RNR, index)
        poke(machine, MPU.RBAR, base)
        poke(machine, MPU.RASR, attributes)
      }
      poke(machine, MPU.CTRL, control)
      expect(machine.run(1000)).toBe(stored === 0 ? 'locked-up' : 'running')
      expect(peek(machine, FIRST_WORDS)).toBe(stored)
    }
  })

  it('by a debugger passes always', async () => {
    const machine = await boot('start: bkpt #0', [CODE], ENABLE)
    poke(machine, FIRST_WORDS, 3)
    expect(peek(machine, FIRST_WORDS)).toBe(3)
  })
})

describe('an instruction fetch', () => {
  const RAM_CODE = `start: ${load('r0', FIRST_WORDS)}${load('r1', 0x4770bf00)}str r1, [r0]\nstr r1, [r0, #32]\n`

  it('from an execute-never region faults, with its own bit', async () => {
    const machine = await boot(`${RAM_CODE}adds r0, #1\nblx r0\nbkpt #0`, [CODE, RAM], ENABLE)
    runToBreakpoint(machine)
    expect([machine.core.r[12], peek(machine, REGISTER.CFSR)]).toEqual([4, CFSR.IACCVIOL])
  })

  it('passes and faults within one page as its regions say', async () => {
    const machine = await boot(
      `${RAM_CODE}adds r0, #1\nblx r0\nmovs r4, #1\nadds r0, #32\nblx r0\nbkpt #0`,
      [CODE, RAM, [FIRST_WORDS, region(5, AP.FULL)]],
      ENABLE,
    )
    runToBreakpoint(machine)
    expect([machine.core.r[4], machine.core.r[12], peek(machine, REGISTER.CFSR)]).toEqual([1, 4, CFSR.IACCVIOL])
  })

  it('of unprivileged code from a privileged page faults, though it was executed before', async () => {
    const machine = await boot(
      `start: bl kernel\nmovs r3, #1\nmsr control, r3\nisb\nbl kernel\nbkpt #0\n.balign 16384\nkernel: adds r4, #1\nbx lr`,
      [CODE, RAM, [FLASH + 0x4000, region(14, AP.PRIVILEGED_READ_ONLY)]],
      ENABLE,
    )
    runToBreakpoint(machine)
    expect([machine.core.r[4], machine.core.r[12]]).toEqual([1, 4])
    expect(peek(machine, REGISTER.CFSR)).toBe(CFSR.IACCVIOL)
  })
})

describe('stacking', () => {
  const GUARD: readonly [number, number] = [SRAM + 0x2000, region(8, AP.NONE)]

  it('onto a guard region is a MemManage fault whose handler runs on the main stack', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM + 0x2110)}msr psp, r0\nmovs r0, #2\nmsr control, r0\nisb\nsvc #0\nbkpt #0`,
      [CODE, RAM, GUARD],
      ENABLE,
    )
    runToBreakpoint(machine)
    expect([machine.core.r[12], peek(machine, REGISTER.CFSR)]).toEqual([4, CFSR.MSTKERR])
    expect(machine.core.psp).toBe(SRAM + 0x2110 - 32)
    expect(machine.core.r[13]).toBe(STACK)
  })

  it('back from a guard region faults without a new frame', async () => {
    const machine = await boot(
      `start: ${load('r0', SRAM + 0x3000)}msr psp, r0\nmovs r0, #2\nmsr control, r0\nisb\nsvc #0\nbkpt #0`,
      [CODE, RAM, GUARD],
      ENABLE,
      `service: ${load('r0', SRAM + 0x2000)}msr psp, r0\nbx lr`,
    )
    runToBreakpoint(machine)
    expect([machine.core.r[12], peek(machine, REGISTER.CFSR)]).toEqual([4, CFSR.MUNSTKERR])
    expect([machine.core.psp, machine.core.r[13]]).toEqual([SRAM + 0x2000, STACK])
    expect(machine.core.r[14]! >>> 0).toBe(0xfffffffd)
  })

  it('of floating-point state that waits faults at the instruction that makes it happen', async () => {
    const machine = await boot(
      `start: ${load('r0', REGISTER.CPACR)}${load('r1', 0xf00000)}str r1, [r0]\nvmov.f32 s0, #1.0\n` +
        `${load('r0', SRAM + 0x2100)}msr psp, r0\nmovs r0, #6\nmsr control, r0\nisb\nsvc #0\nbkpt #0`,
      [CODE, RAM, [SRAM + 0x20c0, region(5, AP.NONE)]],
      0,
      `service: ${load('r4', MPU.CTRL)}movs r5, #1\nstr r5, [r4]\nvmov.f32 s0, #2.0\nbx lr`,
    )
    poke(machine, 0xe000ed1c, 0x40000000) // SVC less urgent than the fault
    runToBreakpoint(machine)
    expect([machine.core.r[12], peek(machine, REGISTER.CFSR)]).toEqual([4, CFSR.MLSPERR])
    expect(machine.core.fpu.f32[0]).toBe(1)
  })
})

describe('the page rule', () => {
  it('holds: where a page is uniform all its addresses have one answer', () => {
    const rng = createRng(9)
    for (let round = 0; round < 300; round++) {
      const mpu = new Mpu(() => undefined)
      for (let index = 0; index < 8; index++) {
        const bits = 5 + rng.int(16)
        mpu.write(0xd98, index, -1)
        mpu.write(0xd9c, (SRAM + rng.int(0x20000)) & ~31, -1)
        mpu.write(0xda0, region(bits, rng.int(8), (rng.int(256) << 8) | (rng.int(2) * XN)) & ~(rng.int(2) * 1), -1)
      }
      mpu.write(0xd94, 1 | (rng.int(2) * PRIVDEFENA), -1)
      for (let page = SRAM >>> 14; page < (SRAM + 0x20000) >>> 14; page++) {
        if (!mpu.uniform(page)) continue
        for (const view of ['privileged', 'unprivileged'] as const) {
          for (const access of ['read', 'write', 'execute'] as const) {
            const answers = new Set<boolean>()
            for (let at = page << 14; at < (page + 1) << 14; at += 32) answers.add(mpu.allows(view, at >>> 0, access))
            expect(answers.size).toBe(1)
          }
        }
      }
    }
  })
})
