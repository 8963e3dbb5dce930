// Programs of random instructions for the comparison with QEMU. Each block loads random registers and flags, runs a
// few random instructions and stores every register, APSR and FPSCR; main prints all of it.

import type { Rng } from '../../src-main/base/rng.ts'

/** {d} {n} {m} {a}: any of r0 to r9; {l} {p} {q}: r0 to r7; {i}: numbers by range; {s} {t} {u}: s0 to s31. */
const INTEGER: readonly string[] = [
  // 16-bit data processing
  'lsls {l}, {p}, #{1..31}',
  'lsrs {l}, {p}, #{1..32}',
  'asrs {l}, {p}, #{1..32}',
  'adds {l}, {p}, {q}',
  'subs {l}, {p}, {q}',
  'adds {l}, {p}, #{0..7}',
  'subs {l}, {p}, #{0..7}',
  'movs {l}, #{0..255}',
  'cmp {l}, #{0..255}',
  'adds {l}, #{0..255}',
  'subs {l}, #{0..255}',
  'ands {l}, {p}',
  'eors {l}, {p}',
  'lsls {l}, {p}',
  'lsrs {l}, {p}',
  'asrs {l}, {p}',
  'adcs {l}, {p}',
  'sbcs {l}, {p}',
  'rors {l}, {p}',
  'tst {l}, {p}',
  'rsbs {l}, {p}, #0',
  'cmp {d}, {m}',
  'cmn {l}, {p}',
  'orrs {l}, {p}',
  'muls {l}, {p}',
  'bics {l}, {p}',
  'mvns {l}, {p}',
  'add {d}, {m}',
  'mov {d}, {m}',
  'sxth {l}, {p}',
  'sxtb {l}, {p}',
  'uxth {l}, {p}',
  'uxtb {l}, {p}',
  'rev {l}, {p}',
  'rev16 {l}, {p}',
  'revsh {l}, {p}',
  // 32-bit data processing
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, #{modified}',
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, {m}',
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, {m}, lsl #{0..31}',
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, {m}, {lsr|asr} #{1..32}',
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, {m}, ror #{1..31}',
  '{and|bic|orr|orn|eor|add|adc|sbc|sub|rsb}{|s}.w {d}, {n}, {m}, rrx',
  '{tst|teq|cmp|cmn}.w {n}, #{modified}',
  '{tst|teq|cmp|cmn}.w {n}, {m}, {lsr|asr} #{1..32}',
  '{tst|teq|cmp|cmn}.w {n}, {m}, lsl #{0..31}',
  '{mov|mvn}{|s}.w {d}, #{modified}',
  '{mvn}{|s}.w {d}, {m}, {lsr|asr} #{1..32}',
  '{lsl|lsr|asr|ror}{|s}.w {d}, {n}, #{1..31}',
  '{lsl|lsr|asr|ror}{|s}.w {d}, {n}, {m}',
  'rrx{|s} {d}, {m}',
  'addw {d}, {n}, #{0..4095}',
  'subw {d}, {n}, #{0..4095}',
  'movw {d}, #{0..65535}',
  'movt {d}, #{0..65535}',
  'ubfx {d}, {n}, #{0..15}, #{1..16}',
  'sbfx {d}, {n}, #{0..15}, #{1..16}',
  'ubfx {d}, {n}, #0, #32',
  'bfi {d}, {n}, #{0..15}, #{1..16}',
  'bfi {d}, {n}, #0, #32',
  'bfc {d}, #{0..15}, #{1..16}',
  'clz {d}, {m}',
  'rbit {d}, {m}',
  '{rev|rev16|revsh}.w {d}, {m}',
  // multiply and divide
  'mul {d}, {n}, {m}',
  'mla {d}, {n}, {m}, {a}',
  'mls {d}, {n}, {m}, {a}',
  '{umull|smull|umlal|smlal|umaal} {d}, {e}, {n}, {m}',
  'sdiv {d}, {n}, {m}',
  'udiv {d}, {n}, {m}',
  // saturation
  'ssat {d}, #{1..32}, {n}',
  'ssat {d}, #{1..32}, {n}, lsl #{1..31}',
  'ssat {d}, #{1..32}, {n}, asr #{1..31}',
  'usat {d}, #{0..31}, {n}',
  'usat {d}, #{0..31}, {n}, lsl #{1..31}',
  'usat {d}, #{0..31}, {n}, asr #{1..31}',
  'ssat16 {d}, #{1..16}, {n}',
  'usat16 {d}, #{0..15}, {n}',
  '{qadd|qsub|qdadd|qdsub} {d}, {m}, {n}',
  // extension
  '{sxtb|sxth|uxtb|uxth|sxtb16|uxtb16}.w {d}, {m}, ror #{rotation}',
  '{sxtab|sxtah|uxtab|uxtah|sxtab16|uxtab16} {d}, {n}, {m}',
  '{sxtab|sxtah|uxtab|uxtah|sxtab16|uxtab16} {d}, {n}, {m}, ror #{rotation}',
  // DSP
  '{s|q|sh|u|uq|uh}{add16|sub16|asx|sax|add8|sub8} {d}, {n}, {m}',
  'sel {d}, {n}, {m}',
  'usad8 {d}, {n}, {m}',
  'usada8 {d}, {n}, {m}, {a}',
  'pkhbt {d}, {n}, {m}, lsl #{1..31}',
  'pkhtb {d}, {n}, {m}, asr #{1..32}',
  'pkhbt {d}, {n}, {m}',
  'smul{b|t}{b|t} {d}, {n}, {m}',
  'smla{b|t}{b|t} {d}, {n}, {m}, {a}',
  'smulw{b|t} {d}, {n}, {m}',
  'smlaw{b|t} {d}, {n}, {m}, {a}',
  '{smuad|smusd}{|x} {d}, {n}, {m}',
  '{smlad|smlsd}{|x} {d}, {n}, {m}, {a}',
  'smmul{|r} {d}, {n}, {m}',
  'smmla{|r} {d}, {n}, {m}, {a}',
  'smmls{|r} {d}, {n}, {m}, {a}',
  'smlal{b|t}{b|t} {d}, {e}, {n}, {m}',
  '{smlald|smlsld}{|x} {d}, {e}, {n}, {m}',
  // conditional blocks
  'ite {eq}\nmov{eq} {d}, {m}\nadd{!} {n}, {a}',
  'itte {eq}\nadd{eq} {l}, {p}, #3\nlsl{eq} {q}, {l}, #2\nsub{!} {p}, {q}, #1',
  'itett {eq}\nmul{eq} {d}, {n}, {m}\ncmp{!} {d}, {n}\nmov{eq} {n}, #7\nmvn{eq} {m}, {a}',
]

const FLOAT: readonly string[] = [
  '{vadd|vsub|vmul|vnmul|vdiv}.f32 {s}, {t}, {u}',
  '{vmla|vmls|vnmla|vnmls}.f32 {s}, {t}, {u}',
  '{vfma|vfms|vfnma|vfnms}.f32 {s}, {t}, {u}',
  '{vabs|vneg|vsqrt|vmov}.f32 {s}, {t}',
  'vcmp{|e}.f32 {s}, {t}\nvmrs APSR_nzcv, fpscr',
  'vcmp{|e}.f32 {s}, #0.0\nvmrs APSR_nzcv, fpscr',
  'vcvt{|r}.{s32|u32}.f32 {s}, {t}',
  'vcvt.f32.{s32|u32} {s}, {t}',
  'vcvt.{s16|u16}.f32 {s}, {s}, #{1..16}',
  'vcvt.{s32|u32}.f32 {s}, {s}, #{1..32}',
  'vcvt.f32.{s16|u16} {s}, {s}, #{1..16}',
  'vcvt.f32.{s32|u32} {s}, {s}, #{1..32}',
  'vcvt{b|t}.f32.f16 {s}, {t}',
  'vcvt{b|t}.f16.f32 {s}, {t}',
  'vmov.f32 {s}, #{1.0|-2.5|0.125|31.0|-0.1875}',
  'vmov {s}, {d}',
  'vmov {d}, {s}',
  'vmov s6, s7, {d}, {m}',
  'vmov {d}, {e}, s8, s9',
]

/** r10 points into the middle of a buffer that all blocks share; it wanders by little. */
const ACCESS = '{ldr|ldrb|ldrh|ldrsb|ldrsh|str|strb|strh}'
const MEMORY: readonly string[] = [
  `${ACCESS}.w {h}, [r10, #{0..60}]`,
  `${ACCESS}.w {h}, [r10, #-{0..60}]`,
  `${ACCESS} {h}, [r10, #{0..16}]!`,
  `${ACCESS} {h}, [r10, #-{0..16}]!`,
  `${ACCESS} {h}, [r10], #{0..16}`,
  `${ACCESS} {h}, [r10], #-{0..16}`,
  `and r9, r9, #15\n${ACCESS}.w {h}, [r10, r9, lsl #{0..3}]`,
  `and r6, r6, #15\nmov r7, r10\n${ACCESS} {k}, [r7, r6]`,
  'mov r7, r10\n{ldr|str} {k}, [r7, #{4|8|60|124}]',
  'mov r7, r10\n{ldrh|strh} {k}, [r7, #{2|6|62}]',
  'mov r7, r10\n{ldrb|strb} {k}, [r7, #{0..31}]',
  'bic r10, r10, #3\n{ldrd|strd} {h}, r9, [r10, #{8|-8|64}]',
  'bic r10, r10, #3\n{ldrd|strd} {h}, r9, [r10, #{8|-8}]!',
  'bic r10, r10, #3\n{ldrd|strd} {h}, r9, [r10], #{8|-8}',
  'bic r10, r10, #3\n{ldmia|stmia|ldmdb|stmdb} r10{|!}, {r0, r3, r4, r9}',
  'bic r7, r10, #3\n{ldmia|stmia} r7!, {r1, r2, r5}',
  'push {r0-r3, r8}\npop {r2-r6}',
  'bic r10, r10, #3\n{vldr|vstr} {s}, [r10, #{4|-12|0}]',
  'bic r10, r10, #3\n{vldr|vstr} d{0..15}, [r10, #{4|-12|0}]',
  'bic r10, r10, #3\n{vldmia|vstmia} r10{|!}, {s3-s7}',
  'bic r10, r10, #3\n{vldmdb|vstmdb} r10!, {d4-d6}',
  'vpush {s1-s4}\nvpop {s5-s8}',
  'bic r10, r10, #3\nldrex {h}, [r10, #4]\nadds {h}, #1\nstrex r9, {h}, [r10, #4]',
  'ldr {h}, =0x{1..9}2345678',
  'ldr {h}, [sp, #{4|8}]',
  'str {h}, [r10, #-4]\nadr {h}, .\nldrb {h}, [pc, #{0..8}]\nldrsh {h}, [pc, #-{4|8}]',
  'vldr {s}, [pc, #{4|8}]',
  'bic r8, {n}, #1\n{smulbb|add|eor} {h}, r8, {m}',
]

const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le']
const SPECIAL_WORDS = [0, 1, 2, -1, -2, 0x7fffffff, 0x80000000, 0x7fff, 0x8000, 0xffff, 0x10000, 0x80008000, 0x7f807f80]
const SPECIAL_FLOATS = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f812345, 0xffc54321, 0x00000001,
  0x807fffff, 0x00800000, 0x7f7fffff, 0x4b000001, 0x33800000, 0x3effffff, 0x42fe0000, 0x4f000000, 0xcf000000,
  0x477ff000, 0x38800000,
]
/** FPSCR at the start of a float block: default NaN and flush to zero in their combinations. */
const FPSCR_STARTS = [0, 0, 0, 1 << 25, 1 << 24, (1 << 25) | (1 << 24)]

const BLOCK_WORDS = 11 + 2 + 32
const BUFFER_BYTES = 2048

function word(rng: Rng): number {
  const kind = rng.int(4)
  if (kind === 0) return SPECIAL_WORDS[rng.int(SPECIAL_WORDS.length)]!
  return kind === 1 ? rng.int(256) - 128 : rng.uint32()
}

function float(rng: Rng): number {
  const kind = rng.int(4)
  if (kind === 0) return SPECIAL_FLOATS[rng.int(SPECIAL_FLOATS.length)]!
  if (kind === 1) return rng.uint32()
  // Exponents near 1, where sums cancel and products stay finite.
  return ((rng.int(2) << 31) | ((120 + rng.int(16)) << 23) | rng.int(1 << 23)) >>> 0
}

/** A constant that a modified immediate can hold. */
function modifiedImmediate(rng: Rng): number {
  const byte = rng.int(256)
  const kind = rng.int(5)
  if (kind === 0) return byte
  if (kind === 1) return ((byte << 16) | byte) >>> 0
  if (kind === 2) return ((byte << 24) | (byte << 8)) >>> 0
  if (kind === 3) return (byte * 0x01010101) >>> 0
  return ((byte | 0x80) << (1 + rng.int(24))) >>> 0
}

function instantiate(template: string, rng: Rng): string {
  const condition = rng.int(14)
  const low = rng.int(10)
  const high = (low + 1 + rng.int(9)) % 10
  return template.replace(/\{([^}]*)\}/g, (_match, hole: string) => {
    if (hole === 'd') return `r${low}`
    if (hole === 'e') return `r${high}`
    if (hole === 'h') return `r${low % 9}`
    if (hole === 'k') return `r${low % 6}`
    if (/^r\d.*[,-]|^[sd]\d.*-/.test(hole)) return `{${hole}}`
    if ('nma'.includes(hole) && hole.length === 1) return `r${rng.int(10)}`
    if ('lpq'.includes(hole) && hole.length === 1) return `r${rng.int(8)}`
    if (hole === 's') return `s${low * 3}`
    if ('tu'.includes(hole) && hole.length === 1) return `s${rng.int(32)}`
    if (hole === 'eq') return CONDITIONS[condition]!
    if (hole === '!') return CONDITIONS[condition ^ 1]!
    if (hole === 'modified') return `${modifiedImmediate(rng)}`
    if (hole === 'rotation') return `${8 * (1 + rng.int(3))}`
    const range = /^(\d+)\.\.(\d+)$/.exec(hole)
    if (range !== null) return `${Number(range[1]) + rng.int(Number(range[2]) - Number(range[1]) + 1)}`
    const choices = hole.split('|')
    return choices[rng.int(choices.length)]!
  })
}

const TEMPLATES = {
  integer: INTEGER,
  float: [...FLOAT, ...FLOAT, 'adds {l}, {p}, {q}', 'mov {d}, {m}'],
  memory: MEMORY,
} as const

/** Random instructions by kind, which go through all the templates from a random one on. */
export class InstructionSource {
  readonly #rng: Rng
  readonly #next: Record<keyof typeof TEMPLATES, number>

  constructor(rng: Rng) {
    this.#rng = rng
    this.#next = { integer: rng.int(1000), memory: rng.int(1000), float: rng.int(1000) }
  }

  /** Some are two or three that belong together. */
  take(kind: keyof typeof TEMPLATES): string {
    const templates = TEMPLATES[kind]
    return instantiate(templates[this.#next[kind]++ % templates.length]!, this.#rng)
  }
}

export interface RandomProgram {
  assembly: string
  /** the instructions of each block, for the message when one differs */
  blocks: string[][]
}

export function randomProgram(
  rng: Rng,
  kind: keyof typeof TEMPLATES,
  blockCount: number,
  length: number,
): RandomProgram {
  const templates = TEMPLATES[kind]
  const blocks: string[][] = []
  const lines = ['.syntax unified', '.cpu cortex-m4', '.fpu fpv4-sp-d16', '.thumb', '.text']
  for (let index = 0; index < blockCount; index++) {
    const instructions = Array.from({ length }, (_, i) =>
      instantiate(
        templates[index * length + i < templates.length ? index * length + i : rng.int(templates.length)]!,
        rng,
      ),
    )
    blocks.push(instructions)
    lines.push(
      '.thumb_func',
      `block${index}:`,
      'push {r4-r11, lr}',
      'vpush {s16-s31}',
      `movw r12, #:lower16:values${index}`,
      `movt r12, #:upper16:values${index}`,
      'vldmia r12!, {s0-s31}',
      'ldr r11, [r12], #4',
      'vmsr fpscr, r11',
      'ldr r11, [r12], #4',
      'msr APSR_nzcvqg, r11',
      'ldmia r12, {r0-r9}',
      'movw r10, #:lower16:(buffer + 1024)',
      'movt r10, #:upper16:(buffer + 1024)',
      ...instructions,
      'movw r12, #:lower16:results',
      'movt r12, #:upper16:results',
      'stmia r12!, {r0-r10}',
      'mrs r11, APSR',
      'str r11, [r12], #4',
      'vmrs r11, fpscr',
      'str r11, [r12], #4',
      'vstmia r12, {s0-s31}',
      'vpop {s16-s31}',
      'pop {r4-r11, pc}',
      '.ltorg',
    )
  }
  lines.push('.section .rodata', '.align 2')
  for (let index = 0; index < blockCount; index++) {
    const floats = Array.from({ length: 32 }, () => float(rng))
    const flags = (rng.uint32() & 0xf80f0000) >>> 0
    const words = Array.from({ length: 10 }, () => word(rng) >>> 0)
    const start = kind === 'float' ? FPSCR_STARTS[rng.int(FPSCR_STARTS.length)]! : 0
    lines.push(`values${index}: .word ${[...floats, start, flags, ...words].join(', ')}`)
  }
  lines.push('.global blocks', `blocks: .word ${blocks.map((_, index) => `block${index}`).join(', ')}, 0`)
  lines.push(
    '.bss',
    '.align 2',
    '.global results',
    `results: .space ${4 * BLOCK_WORDS}`,
    `buffer: .space ${BUFFER_BYTES}`,
    '',
  )
  return { assembly: lines.join('\n'), blocks }
}
