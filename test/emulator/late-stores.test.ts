// Imprecise bus faults: stores that fail after the core has gone on, and which stores it waits for.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CFSR, HFSR } from '../../src-main/emulator/core/faults.ts'
import { createMachine, FLASH, peek, REGISTER, runToBreakpoint, SRAM, vectors } from './harness.ts'
import { Lockstep } from './lockstep.ts'
import { assemble, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

const load = (register: string, value: number) =>
  `movw ${register}, #${value & 0xffff}\nmovt ${register}, #${value >>> 16}\n`
const set = (register: number, value: number) => `${load('r0', register)}${load('r1', value)}str r1, [r0]\n`

const NOWHERE = 0x60000000
const BUSFAULTENA = set(REGISTER.SHCSR, 1 << 17)
const DISDEFWBUF = set(REGISTER.ACTLR, 2)
/** Handlers note what they are in r6 and where the core was in r7. */
const NOTE = 'fault: mrs r6, ipsr\nldr r7, [sp, #24]\nbkpt #0'
/** A store that fails, with write-back, and counting behind it. */
const STORE = `${load('r0', NOWHERE)}movs r5, #0\nfailing: str r1, [r0, #4]!\nadds r5, #1\nadds r5, #1\nadds r5, #1\nbkpt #9`

const F407 = 'stm32f407'
let count = 0
async function boot(
  code: string,
  board = F407,
  handlers: Readonly<Record<number, string>> = { 3: 'fault', 5: 'fault' },
) {
  const image = await assemble(bench, `late-${count++}`, `${vectors('start', handlers)}\nstart: ${code}\n${NOTE}`)
  return createMachine(image, board)
}
async function run(code: string, board = F407) {
  const machine = await boot(code, board)
  runToBreakpoint(machine)
  const [r0, r5, r6, r7] = [0, 5, 6, 7].map((register) => machine.core.r[register]! >>> 0)
  const at = machine.memory.u16[(r7! - FLASH) / 2]
  return { machine, r0, r5, exception: r6, at, cfsr: peek(machine, REGISTER.CFSR), hfsr: peek(machine, REGISTER.HFSR) }
}

const ADDS = 0x3501
const PRE_INDEXED_STR = 0xf840
const PRECISE = { cfsr: CFSR.PRECISERR | CFSR.BFARVALID, r0: NOWHERE, r5: 0, at: PRE_INDEXED_STR }
const IMPRECISE = { cfsr: CFSR.IMPRECISERR, r0: NOWHERE + 4, r5: 1, at: ADDS }

describe.each([F407, 'stm32f746', 'stm32h743'])('a store that fails on %s', (board) => {
  it('is done, and faults after one more instruction, with no address', async () => {
    expect(await run(BUSFAULTENA + STORE, board)).toMatchObject({ exception: 5, hfsr: 0, ...IMPRECISE })
  })

  it('is a HardFault where bus faults are not taken', async () => {
    expect(await run(STORE, board)).toMatchObject({ exception: 3, hfsr: HFSR.FORCED, ...IMPRECISE })
  })

  it('waits for a more urgent handler to end', async () => {
    const code = `${BUSFAULTENA}cpsid f\n${STORE.replace('bkpt #9', 'cpsie f\nnop\nbkpt #9')}`
    expect(await run(code, board)).toMatchObject({ exception: 5, cfsr: CFSR.IMPRECISERR, r5: 3 })
  })

  it('never locks the core up', async () => {
    const code = `udf #0\nhard: ${load('r0', NOWHERE)}str r1, [r0]\nnop\nadds r5, #1\nbkpt #9`
    const machine = await boot(code, board, { 3: 'hard' })
    runToBreakpoint(machine)
    expect(machine.core.r[5]).toBe(1)
    expect(peek(machine, REGISTER.ICSR) & 0x1ff).toBe(3)
  })

  it('leaves loads and exclusive stores precise', async () => {
    const precise = { exception: 5, cfsr: CFSR.PRECISERR | CFSR.BFARVALID }
    expect(await run(`${BUSFAULTENA}${load('r0', NOWHERE)}ldr r1, [r0]\nnop\nbkpt #9`, board)).toMatchObject(precise)
    const exclusive = `${BUSFAULTENA}${load('r0', SRAM)}ldrex r1, [r0]\n${load('r0', NOWHERE)}strex r2, r1, [r0]\nnop\nbkpt #9`
    const { machine, ...fault } = await run(exclusive, board)
    expect(fault).toMatchObject(precise)
    expect(peek(machine, REGISTER.BFAR)).toBe(NOWHERE)
  })
})

describe('which stores the Cortex-M4 waits for', () => {
  const REGION = (attributes: number) =>
    set(REGISTER.MPU_RNR, 0) +
    set(REGISTER.MPU_RBAR, NOWHERE) +
    set(REGISTER.MPU_RASR, ((3 << 24) | attributes | (19 << 1) | 1) >>> 0) +
    set(REGISTER.MPU_CTRL, 5)
  const BUFFERABLE = 1 << 16

  it('all that the default memory map decides on, with DISDEFWBUF', async () => {
    const { machine, ...fault } = await run(BUSFAULTENA + DISDEFWBUF + STORE)
    expect(fault).toMatchObject(PRECISE)
    expect(peek(machine, REGISTER.BFAR)).toBe(NOWHERE + 4)
    expect(peek(machine, REGISTER.ACTLR)).toBe(2)
  })

  it('those to a strongly-ordered region, without it', async () => {
    expect(await run(BUSFAULTENA + REGION(0) + STORE)).toMatchObject(PRECISE)
  })

  it('not those to a region of another kind, even with it', async () => {
    expect(await run(BUSFAULTENA + DISDEFWBUF + REGION(BUFFERABLE) + STORE)).toMatchObject(IMPRECISE)
  })

  it('the Cortex-M7 knows no DISDEFWBUF', async () => {
    const { machine, ...fault } = await run(BUSFAULTENA + DISDEFWBUF + STORE, 'stm32f746')
    expect(fault).toMatchObject(IMPRECISE)
    expect(peek(machine, REGISTER.ACTLR)).toBe(0)
  })
})

it('a loop whose stores fail runs translated as it does interpreted', async () => {
  const code = `${vectors('start', { 5: 'fault' })}\nstart: ${BUSFAULTENA}${load('r2', NOWHERE)}${load('r3', SRAM)}
again: adds r4, #1
  str r4, [r3]
  tst r4, #7
  it eq
  moveq r3, r2
  str r4, [r3]
  adds r5, #1
  movw r3, #0
  movt r3, #0x2000
  b again
fault: adds r6, #1
  ldr r7, [sp, #24]
  bx lr`
  const pair = new Lockstep(await assemble(bench, 'late-loop', code), 'eager')
  pair.run(200_000, true)
  expect(pair.entries).toBeGreaterThan(0)
  const { r } = pair.translating.core
  expect(Math.abs(r[6]! - r[4]! / 8)).toBeLessThan(2)
  expect(r[6]).toBeGreaterThan(1000)
})
