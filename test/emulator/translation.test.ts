// Translated code against the interpreter, its oracle: registers, flags, memory, instructions and cycles must be equal
// after every slice, wherever it ends and whatever interrupts it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { EXCEPTION } from '../../src-main/emulator/core/exception-numbers.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { DEBUG_KEY, FLASH, poke, REGISTER, RUN, STEP, vectors } from './harness.ts'
import { randomFlow } from './random-flow.ts'
import { Lockstep } from './lockstep.ts'
import { assemble, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

describe.each(['eager', true] as const)('a random program, translated: %s', (translate) => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))('runs as in the interpreter, seed %i', async (seed) => {
    const rng = createRng(seed)
    const board = BOARDS[seed % BOARDS.length]
    const pair = new Lockstep(await assemble(bench, `flow-${seed}`, randomFlow(rng)), translate, board)
    pair.run(200_000, true)
    pair.runSlices(rng, 100)
    expect(pair.entries).toBeGreaterThan(0)
  })
})

describe.each(['eager', true] as const)('a random program while memory takes time, translated: %s', (translate) => {
  it.each(Array.from({ length: 8 }, (_, seed) => seed))('runs as in the interpreter, seed %i', async (seed) => {
    const rng = createRng(1000 + seed)
    const pair = new Lockstep(await assemble(bench, `flow-${seed}`, randomFlow(rng)), translate)
    pair.waitForFlash(seed)
    pair.run(200_000, true)
    pair.runSlices(rng, 100)
    expect(pair.entries).toBeGreaterThan(0)
    // Other waits than what was translated for.
    pair.waitForFlash(seed + 1)
    pair.runSlices(rng, 40)
  })

  it.each(Array.from({ length: 4 }, (_, seed) => seed))(
    'runs as in the interpreter on an M7, seed %i',
    async (seed) => {
      const rng = createRng(3000 + seed)
      const board = BOARDS.filter(({ core }) => core === 'cortex-m7')[seed & 1]
      const pair = new Lockstep(await assemble(bench, `flow-${seed}`, randomFlow(rng)), translate, board)
      pair.waitForCaches(3 - (seed >> 1))
      pair.run(200_000, true)
      pair.runSlices(rng, 100)
      expect(pair.entries).toBeGreaterThan(0)
      pair.waitForCaches(seed)
      pair.runSlices(rng, 40)
    },
  )

  it.each(BOARDS.map(({ id }, seed) => ({ id, seed })))('where every access counts, on $id', async ({ seed }) => {
    const rng = createRng(2000 + seed)
    const pair = new Lockstep(await assemble(bench, `flow-${seed}`, randomFlow(rng)), translate, BOARDS[seed])
    pair.countEveryAccess()
    pair.run(200_000, true)
    pair.runSlices(rng, 100)
    expect(pair.entries).toBeGreaterThan(0)
  })
})

it('waits as long for a line whose first instruction only the interpreter can do', async () => {
  const source = `${vectors('entry')}
entry:
  ldr r0, =0x20004001   @ an unaligned word takes the slow path
  .balign 16
again:
  ldr r1, [r0]
  adds r2, #1
  nop
  nop
  nop
  nop
  nop
  nop
  nop
  b again
  .ltorg`
  const pair = new Lockstep(await assemble(bench, 'slow-head', source), 'eager')
  pair.waitForFlash(3)
  pair.run(20_000)
  expect(pair.entries).toBeGreaterThan(0)
  pair.runSlices(createRng(6), 40)
  expect(pair.translating.core.r[2]).toBeGreaterThan(1000)
})

/** Adds to r0 for ever; a call goes to code in RAM, which counts in r2 by the immediate of its only ADD. */
const COUNTING = `${vectors('entry')}
entry:
  ldr r4, =0x20004000
  ldr r0, =0xbf003201   @ adds r2, #1; nop
  str r0, [r4]
  ldr r0, =0x00004770   @ bx lr
  str r0, [r4, #4]
  adds r5, r4, #1
  movs r0, #0
  movs r2, #0
again:
  movs r3, #20
inner:
  adds r0, #1
  blx r5
  subs r3, #1
  bne inner
  b again
  .ltorg`
const IN_RAM = 0x20004000

async function counting(): Promise<Lockstep> {
  const pair = new Lockstep(await assemble(bench, 'counting', COUNTING))
  pair.run(200_000, true)
  pair.run(200_000)
  expect(pair.entries).toBeGreaterThan(1)
  return pair
}

const r2PerRound = (machine: Machine, run: () => void) => {
  const before = [...machine.core.r]
  run()
  return (machine.core.r[2]! - before[2]!) / (machine.core.r[0]! - before[0]!)
}

describe('code that changes under its translation', () => {
  it('in RAM is executed as it is now', async () => {
    const pair = await counting()
    expect(r2PerRound(pair.translating, () => pair.run(50_000))).toBeCloseTo(1, 1)
    pair.both((machine) => poke(machine, IN_RAM, 0x3203, 2))
    expect(r2PerRound(pair.translating, () => pair.run(50_000))).toBeCloseTo(3, 1)
    pair.run(200_000)
    pair.both((machine) => poke(machine, IN_RAM + 2, 0x3201, 2))
    expect(r2PerRound(pair.translating, () => pair.run(200_000))).toBeCloseTo(4, 1)
  })

  it('in RAM is executed as it is now when it changes itself', async () => {
    const source = `${vectors('entry')}
entry:
  ldr r4, =0x20004000
  ldr r0, =0xbf003201
  str r0, [r4]
  ldr r0, =0x00004770
  str r0, [r4, #4]
  adds r5, r4, #1
  movs r2, #0
  movs r6, #0
again:
  ldr r3, =3000
inner:
  blx r5
  subs r3, #1
  bne inner
  adds r6, #1
  strb r6, [r4]
  b again
  .ltorg`
    const pair = new Lockstep(await assemble(bench, 'self-modifying', source))
    const rng = createRng(5)
    pair.run(100_000)
    pair.runSlices(rng, 200)
    expect(pair.translating.core.r[6]).toBeGreaterThan(10)
  })

  it('in flash is executed as it is now after it was loaded anew', async () => {
    const pair = await counting()
    const image = await assemble(bench, 'counting-by-2', COUNTING.replace('adds r0, #1', 'adds r0, #2'))
    pair.both((machine) => machine.preload(FLASH, image))
    pair.run(1000)
    expect(r2PerRound(pair.translating, () => pair.run(50_000))).toBeCloseTo(0.5, 1)
  })
})

describe('the MPU', () => {
  it('keeps translated code from being executed once its region says so', async () => {
    const pair = await counting()
    pair.both((machine) => {
      poke(machine, REGISTER.MPU_RNR, 0)
      poke(machine, REGISTER.MPU_RBAR, IN_RAM)
      // full access, never executed, 256 bytes
      poke(machine, REGISTER.MPU_RASR, (1 << 28) | (3 << 24) | (7 << 1) | 1)
      // privileged code has the rest of memory
      poke(machine, REGISTER.MPU_CTRL, 5)
    })
    expect(pair.translating.core.ipsr).toBe(0)
    pair.run(1000)
    expect(pair.translating.core.ipsr).toBe(EXCEPTION.HardFault)
    pair.both((machine) => machine.reset())
    expect(r2PerRound(pair.translating, () => pair.run(50_000))).toBeCloseTo(1, 1)
  })
})

describe('a debugger', () => {
  it('steps through translated code one instruction at a time', async () => {
    const pair = await counting()
    pair.both((machine) => poke(machine, REGISTER.DHCSR, DEBUG_KEY | 3))
    for (let step = 0; step < 60; step++) {
      const before = pair.translating.core.instructions
      pair.both((machine) => poke(machine, REGISTER.DHCSR, STEP))
      pair.run(1000)
      expect(pair.translating.core.instructions).toBe(before + 1)
    }
  })

  it('stops at a breakpoint in translated code, and again every time round', async () => {
    const pair = await counting()
    const inner = pair.translating.core.r[14]! - 1
    pair.both((machine) => {
      poke(machine, REGISTER.DHCSR, RUN)
      poke(machine, REGISTER.FP_CTRL, 3)
      poke(machine, REGISTER.FP_COMP0, (inner & ~3) | 1 | ((inner & 2) !== 0 ? 0x80000000 : 0x40000000))
    })
    pair.run(100_000)
    expect(pair.translating.core.debug.halted).toBe(true)
    expect(pair.translating.core.pc).toBe(inner)
    pair.both((machine) => poke(machine, REGISTER.FP_CTRL, 2))
    pair.both((machine) => poke(machine, REGISTER.DHCSR, RUN))
    pair.run(100_000)
    expect(pair.translating.core.debug.halted).toBe(false)
  })

  it('stops at a watched instruction in translated code', async () => {
    const pair = await counting()
    const inner = pair.translating.core.r[14]! - 1
    pair.both((machine) => {
      poke(machine, REGISTER.DHCSR, RUN)
      poke(machine, REGISTER.DEMCR, 1 << 24)
      poke(machine, REGISTER.DWT_COMP0, inner)
      poke(machine, REGISTER.DWT_FUNCTION0, 4)
    })
    pair.run(100_000)
    expect(pair.translating.core.debug.halted).toBe(true)
    expect(pair.translating.core.pc).toBe(inner)
    pair.both((machine) => {
      poke(machine, REGISTER.DWT_FUNCTION0, 0)
      poke(machine, REGISTER.DHCSR, RUN)
    })
    pair.run(100_000)
    expect(pair.translating.core.debug.halted).toBe(false)
  })
})
