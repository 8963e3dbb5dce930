// Each family of instructions against a formula, with random and extreme operands. QEMU is not asked here.

import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from 'fast-check'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, poke, REGISTER, runToBreakpoint, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

type Formula = (x: number, y: number, z: number, w: number) => number | bigint

const signed = (value: bigint, bits = 64) => BigInt.asIntN(bits, value)
const low16 = (x: number) => (x << 16) >> 16
const high16 = (x: number) => x >> 16
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))
const product = (x: number, y: number) => BigInt(x) * BigInt(y)
const lanes16 = (x: number, y: number, f: (a: number, b: number) => number) =>
  (f(low16(x), low16(y)) & 0xffff) | (f(high16(x), high16(y)) << 16)
const bytes = (x: number) => [0, 8, 16, 24].map((shift) => (x >>> shift) & 255)
const floatBits = new Int32Array(1)
const floatValue = new Float32Array(floatBits.buffer)
const asFloat = (x: number) => {
  floatBits[0] = x
  return floatValue[0]!
}
const asBits = (value: number) => {
  floatValue[0] = value
  return floatBits[0]!
}

/** r0 = result of r1, r2, r3, r4. Two-word results are r0 (low) and r5 (high). */
const INTEGER: readonly (readonly [string, Formula])[] = [
  ['adds r0, r1, r2', (x, y) => x + y],
  ['sub.w r0, r1, r2, lsl #3', (x, y) => x - (y << 3)],
  ['rsb.w r0, r1, r2, asr #5', (x, y) => (y >> 5) - x],
  ['orn r0, r1, r2, lsr #7', (x, y) => x | ~(y >>> 7)],
  ['bic r0, r1, #0xff00ff', (x) => x & ~0xff00ff],
  ['and r0, r1, r2, ror #9', (x, y) => x & ((y >>> 9) | (y << 23))],
  ['cmp r1, r2\nite lt\nmovlt r0, r1\nmovge r0, r2', (x, y) => Math.min(x, y)],
  ['cmp r1, r2\nite hi\nmovhi r0, r1\nmovls r0, r2', (x, y) => Math.max(x >>> 0, y >>> 0)],
  [
    'adds r0, r1, r3\nadc r5, r2, r4',
    (x, y, z, w) => signed((BigInt(y) << 32n) + BigInt(x >>> 0) + (BigInt(w) << 32n) + BigInt(z >>> 0)),
  ],
  [
    'subs r0, r1, r3\nsbc r5, r2, r4',
    (x, y, z, w) => signed((BigInt(y) << 32n) + BigInt(x >>> 0) - (BigInt(w) << 32n) - BigInt(z >>> 0)),
  ],
  ['lsl r0, r1, r2', (x, y) => ((y & 255) > 31 ? 0 : x << (y & 255))],
  ['asr r0, r1, r2', (x, y) => x >> Math.min(31, y & 255)],
  ['mla r0, r1, r2, r3', (x, y, z) => product(x, y) + BigInt(z)],
  ['mls r0, r1, r2, r3', (x, y, z) => BigInt(z) - product(x, y)],
  ['umull r0, r5, r1, r2', (x, y) => signed(product(x >>> 0, y >>> 0))],
  ['smull r0, r5, r1, r2', (x, y) => product(x, y)],
  [
    'mov r0, r3\nmov r5, r4\nsmlal r0, r5, r1, r2',
    (x, y, z, w) => signed(product(x, y) + (BigInt(w) << 32n) + BigInt(z >>> 0)),
  ],
  [
    'mov r0, r3\nmov r5, r4\numaal r0, r5, r1, r2',
    (x, y, z, w) => signed(product(x >>> 0, y >>> 0) + BigInt(z >>> 0) + BigInt(w >>> 0)),
  ],
  ['sdiv r0, r1, r2', (x, y) => (y === 0 ? 0 : BigInt(x) / BigInt(y))],
  ['udiv r0, r1, r2', (x, y) => (y === 0 ? 0 : BigInt(x >>> 0) / BigInt(y >>> 0))],
  ['clz r0, r1', (x) => Math.clz32(x)],
  ['rbit r0, r1', (x) => Number.parseInt([...(x >>> 0).toString(2).padStart(32, '0')].reverse().join(''), 2)],
  ['rev r0, r1', (x) => bytes(x).reduce((word, byte) => word * 256 + byte, 0)],
  ['ubfx r0, r1, #5, #11', (x) => (x >>> 5) & 0x7ff],
  ['sbfx r0, r1, #13, #19', (x) => x >> 13],
  ['mov r0, r2\nbfi r0, r1, #8, #12', (x, y) => (y & ~0xfff00) | ((x & 0xfff) << 8)],
  ['ssat r0, #8, r1, asr #4', (x) => clamp(x >> 4, -128, 127)],
  ['usat r0, #8, r1, asr #4', (x) => clamp(x >> 4, 0, 255)],
  ['ssat16 r0, #9, r1', (x) => lanes16(x, 0, (a) => clamp(a, -256, 255))],
  ['qadd r0, r1, r2', (x, y) => clamp(x + y, -(2 ** 31), 2 ** 31 - 1)],
  ['qdsub r0, r1, r2', (x, y) => clamp(x - clamp(2 * y, -(2 ** 31), 2 ** 31 - 1), -(2 ** 31), 2 ** 31 - 1)],
  ['sxtb16 r0, r1, ror #8', (x) => (((x << 16) >> 24) & 0xffff) | ((x >> 24) << 16)],
  ['uxtab r0, r1, r2, ror #16', (x, y) => x + ((y >>> 16) & 255)],
  ['pkhtb r0, r1, r2, asr #6', (x, y) => (x & ~0xffff) | ((y >> 6) & 0xffff)],
  ['sadd16 r0, r1, r2', (x, y) => lanes16(x, y, (a, b) => a + b)],
  ['shsub16 r0, r1, r2', (x, y) => lanes16(x, y, (a, b) => (a - b) >> 1)],
  ['qadd16 r0, r1, r2', (x, y) => lanes16(x, y, (a, b) => clamp(a + b, -32768, 32767))],
  [
    'uqsub8 r0, r1, r2',
    (x, y) => bytes(x).reduce((word, byte, i) => word | (Math.max(0, byte - bytes(y)[i]!) << (8 * i)), 0),
  ],
  [
    'usub8 r5, r1, r2\nsel r0, r1, r2',
    (x, y) => bytes(x).reduce((word, byte, i) => word | (Math.max(byte, bytes(y)[i]!) << (8 * i)), 0),
  ],
  ['usada8 r0, r1, r2, r3', (x, y, z) => bytes(x).reduce((sum, byte, i) => sum + Math.abs(byte - bytes(y)[i]!), z)],
  ['smultb r0, r1, r2', (x, y) => high16(x) * low16(y)],
  ['smlabt r0, r1, r2, r3', (x, y, z) => low16(x) * high16(y) + z],
  ['smlawb r0, r1, r2, r3', (x, y, z) => (product(x, low16(y)) >> 16n) + BigInt(z)],
  ['smlad r0, r1, r2, r3', (x, y, z) => low16(x) * low16(y) + high16(x) * high16(y) + z],
  ['smlsdx r0, r1, r2, r3', (x, y, z) => low16(x) * high16(y) - high16(x) * low16(y) + z],
  ['smmul r0, r1, r2', (x, y) => product(x, y) >> 32n],
  ['smmlar r0, r1, r2, r3', (x, y, z) => (product(x, y) + (BigInt(z) << 32n) + 0x80000000n) >> 32n],
  ['smmlsr r0, r1, r2, r3', (x, y, z) => ((BigInt(z) << 32n) - product(x, y) + 0x80000000n) >> 32n],
  [
    'mov r0, r3\nmov r5, r4\nsmlaldx r0, r5, r1, r2',
    (x, y, z, w) => signed(BigInt(low16(x) * high16(y) + high16(x) * low16(y)) + (BigInt(w) << 32n) + BigInt(z >>> 0)),
  ],
]

/** s0 = result of s1, s2, s3, as numbers; the formula is rounded to single precision. */
const FLOAT: readonly (readonly [string, (x: number, y: number, z: number) => number])[] = [
  ['vadd.f32 s0, s1, s2', (x, y) => x + y],
  ['vsub.f32 s0, s1, s2', (x, y) => x - y],
  ['vmul.f32 s0, s1, s2', (x, y) => x * y],
  ['vnmul.f32 s0, s1, s2', (x, y) => -(x * y)],
  ['vdiv.f32 s0, s1, s2', (x, y) => x / y],
  ['vsqrt.f32 s0, s1', (x) => Math.sqrt(x)],
  ['vabs.f32 s0, s1', (x) => Math.abs(x)],
  ['vmov.f32 s0, s3\nvmla.f32 s0, s1, s2', (x, y, z) => z + Math.fround(x * y)],
  ['vmov.f32 s0, s3\nvnmls.f32 s0, s1, s2', (x, y, z) => -z + Math.fround(x * y)],
  [
    'vmov.f32 s0, s1\nvcvt.s32.f32 s0, s0\nvcvt.f32.s32 s0, s0',
    (x) => clamp(Math.trunc(x), -(2 ** 31), 2 ** 31 - 1) + 0,
  ],
]

const SLOT = 32
let machine: Machine
let bench: Workbench

beforeAll(async () => {
  bench = await Workbench.open()
  const snippets = [...INTEGER, ...FLOAT].map(([text]) => `.balign ${SLOT}\n${text}\nbkpt #0`)
  const image = await assemble(bench, 'families', `${vectors('entry')}.balign ${SLOT}\nentry:\n${snippets.join('\n')}`)
  machine = createMachine(image)
  poke(machine, REGISTER.CPACR, 0xf00000)
})
afterAll(() => bench.close())

const firstSlot = Math.ceil((98 * 4) / SLOT) * SLOT

function runSlot(index: number): void {
  machine.core.pc = FLASH + firstSlot + index * SLOT
  machine.core.debug.halted = false
  runToBreakpoint(machine)
}

const word = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000, 0x7fff, 0x8000, -0x8000, 0x80008000 | 0, 0x7fff8000),
  fc.integer({ min: -40, max: 300 }),
)

it.each(INTEGER.map(([text, formula], index) => ({ text, formula, index })))('$text', ({ formula, index }) => {
  fc.assert(
    fc.property(word, word, word, word, (x, y, z, w) => {
      machine.core.r.set([0, x, y, z, w, 0])
      runSlot(index)
      const expected = formula(x, y, z, w)
      const exact = typeof expected === 'bigint' ? expected : BigInt(expected)
      expect(machine.core.r[0]).toBe(Number(signed(exact, 32)))
      // A bigint of more than a word fills r5 too.
      if (INTEGER[index]![0].includes('r5, r1, r2') && !INTEGER[index]![0].includes('sel')) {
        expect(machine.core.r[5]).toBe(Number(signed(exact >> 32n, 32)))
      }
    }),
    { seed: 7, numRuns: 60 },
  )
})

const finite = fc
  .integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  .map(asFloat)
  .filter((value) => Number.isFinite(value))

it.each(FLOAT.map(([text, formula], index) => ({ text, formula, index })))('$text', ({ formula, index }) => {
  fc.assert(
    fc.property(finite, finite, finite, (x, y, z) => {
      machine.core.fpu.bits.set([0, asBits(x), asBits(y), asBits(z)])
      runSlot(INTEGER.length + index)
      const expected = Math.fround(formula(x, y, z))
      const bits = machine.core.fpu.bits[0]!
      if (Number.isNaN(expected)) expect(bits).toBe(0x7fc00000)
      else expect(bits).toBe(asBits(expected))
    }),
    { seed: 8, numRuns: 100 },
  )
})
