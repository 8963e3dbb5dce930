// The cycle table against the Cortex-M4 TRM's own rules, instruction by instruction (ARM DDI 0439, table 3-1).

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, poke, REGISTER, runToBreakpoint, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

/** r0 points to SRAM, r1 is 7, r2 is 1000, flags are those of 7 - 1000. */
const SEQUENCES: readonly (readonly [string, number])[] = [
  ['adds r3, r1, r2', 1],
  ['mul r3, r1, r2', 1],
  ['smlad r3, r1, r2, r1', 1],
  ['smlal r3, r4, r1, r2', 1],
  ['ldr r3, [r0]\nnop', 2 + 1],
  // N loads in a row take N + 1
  ['ldr r3, [r0]\nldr r4, [r0, #4]\nldr r5, [r0, #8]\nldrb r6, [r0]\nnop', 5 + 1],
  // not when the next one needs the result as its address
  ['str r0, [r0]\nldr r3, [r0]\nldr r4, [r3]\nnop', 1 + 2 + 2 + 1],
  ['str r1, [r0]', 1],
  ['ldr r3, [r0]\nstr r1, [r0]', 1 + 1],
  ['ldmia r0, {r3-r6}', 1 + 4],
  ['push {r3-r6}\npop {r3-r6}', 5 + 5],
  ['ldrd r3, r4, [r0]', 3],
  ['b .+4\nnop', 3],
  ['beq .+4\nnop', 2],
  ['bne .+4\nnop', 3],
  ['cbz r1, .+4\nnop', 2],
  ['it eq\nmoveq r3, r1', 2],
  ['udiv r3, r1, r2', 2],
  ['udiv r3, r2, r1', 5],
  ['mvn r3, #0\nmovs r4, #1\nudiv r3, r3, r4', 1 + 1 + 12],
  ['dsb', 1],
  ['vadd.f32 s0, s1, s2', 1],
  ['vmla.f32 s0, s1, s2', 3],
  ['vfma.f32 s0, s1, s2', 3],
  ['vdiv.f32 s0, s1, s1', 14],
  ['vsqrt.f32 s0, s1', 14],
  ['vldr s0, [r0]\nnop', 2 + 1],
  ['vstr s0, [r0]', 2],
  ['vldmia r0, {s0-s7}', 1 + 8],
  ['vmov s0, r1', 1],
]

const SLOT = 32
const FIRST = Math.ceil((98 * 4) / SLOT) * SLOT
let bench: Workbench
let machine: Machine
beforeAll(async () => {
  bench = await Workbench.open()
  const slots = SEQUENCES.map(([text]) => `.balign ${SLOT}\n${text}\nbkpt #0`)
  machine = createMachine(
    await assemble(bench, 'cycles', `${vectors('entry')}.balign ${SLOT}\nentry:\n${slots.join('\n')}`),
  )
  poke(machine, REGISTER.CPACR, 0xf00000)
})
afterAll(() => bench.close())

it.each(SEQUENCES.map(([text, cycles], index) => ({ text, cycles, index })))('$text: $cycles', ({ cycles, index }) => {
  const { core } = machine
  core.r.set([0x20000000, 7, 1000])
  core.n = core.z = -993
  core.fpu.f32[1] = 3
  core.pc = FLASH + FIRST + index * SLOT
  core.debug.halted = false
  const before = core.cycles
  runToBreakpoint(machine)
  // without the BKPT
  expect(core.cycles - before - 1).toBe(cycles)
})
