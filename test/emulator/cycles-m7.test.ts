// What two instructions in a row take on a Cortex-M7, against what was measured on chips (J and Q of
// src-main/emulator/timing/m7-effects.ts), and that it does not depend on how a program is run.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { CodeCache } from '../../src-main/emulator/code-cache.ts'
import { CORTEX_M7_DOUBLE } from '../../src-main/emulator/core/processors.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { Memory } from '../../src-main/emulator/memory.ts'
import { createMachine, FLASH, poke, REGISTER, runToBreakpoint, STEP, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

/** r0 points to DTCM, r1 is 7, r2 is 1000, flags are those of 7 - 1000. */
const SEQUENCES: readonly (readonly [string, number])[] = [
  ['adds r3, r1, r2', 1],
  // any two of the ALUs
  ['add r3, r1, r2\neor r4, r1, r2', 1],
  ['add r3, r1, r2\neor r4, r1, r2\nsub r5, r1, r2', 2],
  // the early ALU hands on in the same cycle, the late one in the next
  ['add r3, r1, r2\neor r4, r3, r2', 1],
  ['eor r3, r1, r2\nadd r4, r3, r2', 2],
  ['movw r3, #1\nmovt r3, #2', 1],
  // one shifter for shifted operands; a shifted operand is wanted a cycle earlier
  ['add r3, r1, r2, lsl #3\nadd.w r4, r1, r2, asr #3', 2],
  ['eor r3, r1, r2\nadd r4, r1, r3, asr #3', 3],
  ['add r3, r1, r2\nadd r4, r1, r3, asr #3', 2],
  // DSP and bit fields as the elder only
  ['uxtb r3, r1\nadd r4, r1, r2', 1],
  ['add r4, r1, r2\nuxtb r3, r1', 2],
  ['sxtb16 r3, r1\nsxtb16 r4, r2', 2],
  // one multiplier; accumulations follow each other; a product is there one cycle later
  ['mul r3, r1, r2\nmul r4, r1, r2', 2],
  ['smlad r3, r1, r2, r3\nsmlad r3, r1, r2, r3\nsmlad r3, r1, r2, r3', 3],
  ['mul r3, r1, r2\nadd r4, r3, r2', 3],
  ['mul r3, r1, r2\nadd r4, r1, r2', 1],
  ['mul r3, r1, r2\nstr r1, [r0]', 2],
  // loads: their words in the next cycle, to multiplication one later, bytes one later, as an address three cycles in all
  ['ldr r3, [r0]\nadd r4, r1, r2', 1],
  ['ldr r3, [r0]\nadd r4, r3, r2', 2],
  ['ldr r3, [r0]\nmul r4, r3, r2', 3],
  ['ldrb r3, [r0]\nadd r4, r3, r2', 3],
  ['ldr r3, [r0]\nuxtab r4, r1, r3', 3],
  ['str r0, [r0]\nnop\nldr r3, [r0]\nldr r4, [r3]', 1 + 3 + 1],
  ['add r3, r0, r1, lsl #2\nnop\nnop\nldr r4, [r0, r1]', 2],
  // two loads from an even and an odd word together; a load and a store; not two stores
  ['ldr r3, [r0]\nldr r4, [r0, #4]', 1],
  ['ldr r3, [r0]\nldr r4, [r0, #8]', 2],
  ['ldr r3, [r0], #4\nldr r4, [r0], #4', 2],
  ['ldr r3, [r0]\nstr r1, [r0, #8]', 1],
  ['ldr r3, [r0]\nstr r3, [r0, #8]', 1],
  ['str r1, [r0]\nstr r1, [r0, #4]', 2],
  // pairs and lists of words take half a cycle a word, and nothing beside them
  ['ldmia r0, {r3-r6}\nadd r2, r1, r1', 3],
  ['push {r3-r7}\npop {r3-r7}', 3 + 3],
  ['ldrd r3, r4, [r0]\nadd r2, r1, r1', 2],
  // branches beside the instruction before them; forward ones that are taken cost half a misprediction
  ['adds r3, r1, r2\nb .+4\nnop', 1],
  ['cmp r1, r2\nbeq .+4\nnop', 2],
  ['cmp r1, r2\nbne .+4\nnop', 1 + 4],
  ['cbz r1, .+4\nnop', 2],
  // a loop is predicted to go on, and leaves once
  ['movs r3, #10\n1: subs r3, #1\nbne 1b', 1 + 10 + 8],
  // conditional instructions wait for the flags, and take as long when they are skipped
  ['cmp r1, r2\nit eq\nmoveq r3, r1', 2],
  ['cmp r1, r2\nite eq\nmoveq r3, r1\nmovne r3, r2', 3],
  ['udiv r3, r1, r2', 2],
  ['vadd.f32 s0, s1, s2\nadd r3, r1, r2', 1],
  ['vadd.f32 s0, s1, s2\nvmul.f32 s3, s1, s2', 2],
  ['vadd.f32 s0, s1, s2\nvmul.f32 s3, s0, s2', 4],
  ['vfma.f32 s0, s1, s2\nvfma.f32 s0, s1, s2', 4],
  ['vfma.f32 s0, s1, s2\nvmul.f32 s3, s0, s2', 6],
  ['vdiv.f32 s0, s1, s1', 16],
  ['vsqrt.f32 s0, s1', 14],
]

const SLOT = 32
const FIRST = Math.ceil((98 * 4) / SLOT) * SLOT
let bench: Workbench
let machine: Machine
beforeAll(async () => {
  bench = await Workbench.open()
  const slots = SEQUENCES.map(([text]) => `.balign ${SLOT}\n${text}\nbkpt #0`)
  const source = `${vectors('entry')}.balign ${SLOT}\nentry:\n${slots.join('\n')}`
  machine = createMachine(await assemble(bench, 'cycles-m7', source), 'stm32f746')
  machine.countsWaits = false
  poke(machine, REGISTER.CPACR, 0xf00000)
})
afterAll(() => bench.close())

function prepare(index: number): void {
  const { core } = machine
  core.r.set([0x20000000, 7, 1000])
  core.n = core.z = -993
  core.fpu.f32[1] = 3
  core.pc = FLASH + FIRST + index * SLOT
  core.debug.halted = false
}

it.each(SEQUENCES.map(([text, cycles], index) => ({ text, cycles, index })))('$text: $cycles', ({ cycles, index }) => {
  prepare(index)
  const { core } = machine
  const before = core.cycles
  runToBreakpoint(machine)
  // without the BKPT
  expect(core.cycles - before - 1).toBe(cycles)
})

it('steps one instruction at a time, also through a pair', () => {
  prepare(2)
  const { core } = machine
  core.debug.halted = true
  const pcs = [1, 2, 3].map(() => {
    poke(machine, REGISTER.DHCSR, STEP)
    machine.run(1000)
    return core.pc - FLASH - FIRST - 2 * SLOT
  })
  expect(pcs).toEqual([4, 8, 12])
})

describe('times are decided by the bytes', () => {
  const HALFWORDS = 700
  /** Halfwords that are instructions mostly: 16-bit data processing, loads and stores, and 32-bit multiplications. */
  function randomCode(seed: number): CodeCache {
    const rng = createRng(seed)
    const data = findBoardData('stm32h743')!
    const memory = new Memory([{ ...data.ram[0]!, writable: true, executable: true }])
    for (let index = 0; index < HALFWORDS; index++) {
      const kind = rng.int(6)
      if (kind === 0) {
        memory.u16[index++] = 0xfb20 | rng.int(8)
        memory.u16[index] = (rng.int(8) << 12) | (rng.int(8) << 8) | rng.int(8)
      } else
        memory.u16[index] =
          kind === 1 ? 0x6800 | rng.int(0x800) : kind === 2 ? 0xd000 | rng.int(0xd00) : rng.int(0x4800)
    }
    return new CodeCache(memory, CORTEX_M7_DOUBLE)
  }
  const START = 0x24000000
  const decodeAll = (code: CodeCache, order: readonly number[]) => {
    for (const index of order) code.decode(index, START + 2 * index)
    return [...code.words.subarray(0, HALFWORDS)]
  }
  const upwards = Array.from({ length: HALFWORDS }, (_, index) => index)
  const cyclesOf = (word: number) => (word >>> 22) & 31

  it('in whichever order they are decoded', () => {
    const words = decodeAll(randomCode(1), upwards)
    expect(decodeAll(randomCode(1), [...upwards].reverse())).toEqual(words)
    expect(words.filter((word) => cyclesOf(word) === 0).length).toBeGreaterThan(HALFWORDS / 10)
  })

  it('as they are after a change', () => {
    const rng = createRng(7)
    for (let round = 0; round < 40; round++) {
      const [changed, fresh] = [randomCode(2), randomCode(2)]
      const order = upwards.filter(() => rng.int(2) === 0)
      decodeAll(changed, order)
      const at = rng.int(HALFWORDS)
      const halfword = rng.int(0x4800)
      for (const code of [changed, fresh]) {
        const memory = code.words.buffer
        new Uint16Array(memory, 0, HALFWORDS)[at] = halfword
      }
      changed.invalidate(2 * at, 2)
      const missing = upwards.filter((index) => changed.words[index] === 0)
      expect(decodeAll(changed, missing)).toEqual(decodeAll(fresh, upwards))
    }
  })
})
