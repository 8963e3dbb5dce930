// Programs of random instructions for the comparison with QEMU. Each block takes the registers and flags of a random
// state, runs a few random instructions and stores every register, APSR and FPSCR (programs/random-main.c).

import type { TestCore } from './toolchain.ts'
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

/** Ways through a block. r11 counts and points; local labels keep the blocks apart. */
const CONTROL: readonly string[] = [
  'cmp {n}, {m}\nb{eq} 1f\nadd {d}, {m}, #3\neor {n}, {d}, {a}\n1:',
  'cmp {n}, #{0..255}\nb{eq}.w 1f\nsub {d}, {m}, #3\nuxtb {n}, {d}\n1:',
  'tst {n}, {m}\nitt {eq}\nadd{eq} {d}, {m}, {a}\nb{eq} 1f\nmvn {n}, {d}\n1:',
  '{cbz|cbnz} {l}, 1f\nadds {p}, #1\nmvns {q}, {p}\n1:',
  'movs r11, #{1..5}\n1:\nadd {d}, {n}, {m}, ror #{1..31}\nsubs r11, r11, #1\nbne 1b',
  'movs r11, #{1..5}\n1:\neor {d}, {d}, {m}, lsl #{1..7}\nsmlad {n}, {d}, {m}, {a}\nsubs r11, #1\nbhi 1b',
  'and r11, {n}, #3\ntbb [pc, r11]\n2: .byte (3f-2b)/2, (4f-2b)/2, (5f-2b)/2, (6f-2b)/2\n3:\nadd {d}, {m}\n4:\n' +
    'eor {n}, {d}\n5:\nadcs {d}, {a}\n6:',
  'and r11, {n}, #1\ntbh [pc, r11, lsl #1]\n2: .short (3f-2b)/2, (4f-2b)/2\n3:\nsub {d}, {m}\n4:\norrs {n}, {d}',
  'bl 1f\nb 2f\n1:\nadd {d}, {n}\nrsbs {n}, {m}, #5\nbx lr\n2:',
  'adr r11, 1f\norr r11, #1\nblx r11\nb 2f\n.balign 4\n1:\nsbcs {d}, {n}\nbx lr\n2:',
  'adr r11, 1f\nadd r11, #1\npush {r9, r11}\npop {r9, pc}\nmovs r0, #0\n.balign 4\n1:\nadcs {d}, {m}',
  'adr r11, 1f\nmov pc, r11\nmovs r0, #0\n.balign 4\n1:\nadd {d}, {m}',
  'it {eq}\n{add|sub|eor|orr|and|rsb}{eq}.w {d}, {n}, {m}',
  'ittt {eq}\nldr{eq}.w {h}, [r10, #{0..60}]\nstrb{eq}.w {h}, [r10, #-{1..60}]\nuadd8{eq} {d}, {n}, {m}',
  'itet {eq}\nvadd{eq}.f32 {s}, {t}, {u}\nqadd{!} {d}, {n}, {m}\nvmov{eq} {d}, {t}',
  'ite {eq}\nlsl{eq} {l}, {p}, #{1..31}\nlsr{!} {l}, {p}, #{1..31}',
  'itee {eq}\nsmlal{eq} {d}, {e}, {n}, {m}\nbfi{!} {d}, {n}, #3, #9\nsel{!} {d}, {n}, {m}',
]

const FPV5_FLOAT: readonly string[] = [
  'vsel{eq|vs|ge|gt}.f32 {s}, {t}, {u}',
  'subs {l}, {p}, {q}\nvsel{eq|vs|ge|gt}.f32 {s}, {t}, {u}',
  'vcmp.f32 {s}, {t}\nvmrs APSR_nzcv, fpscr\nvsel{eq|vs|ge|gt}.f32 {s}, {t}, {u}',
  '{vmaxnm|vminnm}.f32 {s}, {t}, {u}',
  'vrint{a|n|p|m|x|z|r}.f32 {s}, {t}',
  'vcvt{a|n|p|m}.{s32|u32}.f32 {s}, {t}',
  'vcvt.f32.s32 {s}, {t}\nvmov.f32 s1, #0.5\nvmul.f32 {s}, {s}, s1\nvrint{a|n|p|m|x|z|r}.f32 {s}, {s}',
]

const DOUBLE: readonly string[] = [
  '{vadd|vsub|vmul|vnmul|vdiv}.f64 {v}, {x}, {y}',
  '{vadd|vsub|vmul|vnmul|vdiv}.f64 {v}, {x}, {y}',
  '{vmla|vmls|vnmla|vnmls}.f64 {v}, {x}, {y}',
  '{vfma|vfms|vfnma|vfnms}.f64 {v}, {x}, {y}',
  '{vabs|vneg|vsqrt|vmov}.f64 {v}, {x}',
  'vabs.f64 {v}, {x}\nvsqrt.f64 {v}, {v}',
  'vcmp{|e}.f64 {v}, {x}\nvmrs APSR_nzcv, fpscr',
  'vcmp{|e}.f64 {v}, #0.0\nvmrs APSR_nzcv, fpscr',
  'vcvt{|r}.{s32|u32}.f64 {s}, {x}',
  'vcvt.f64.{s32|u32} {v}, {t}',
  'vcvt.f64.f32 {v}, {t}',
  'vcvt.f32.f64 {s}, {x}',
  'vcvt.f64.f32 {v}, {t}\n{vadd|vmul|vdiv}.f64 {v}, {v}, {x}\nvcvt.f32.f64 {s}, {v}',
  'vcvt.f64.f32 {v}, {t}\nvcvt{|r}.{s32|u32}.f64 {s}, {v}',
  'vcvt.f64.f32 {v}, {t}\nvcvt.{s16|u16}.f64 {v}, {v}, #{1..16}',
  'vcvt.f64.f32 {v}, {t}\nvcvt.{s32|u32}.f64 {v}, {v}, #{1..32}',
  'vcvt.f64.{s16|u16} {v}, {v}, #{1..16}',
  'vcvt.f64.{s32|u32} {v}, {v}, #{1..32}',
  'vcvt{b|t}.f64.f16 {v}, {t}',
  'vcvt{b|t}.f16.f64 {s}, {x}',
  'vcvt.f64.f32 {v}, {t}\nvcvt{b|t}.f16.f64 {s}, {v}',
  'vmov.f64 {v}, #{1.0|-2.5|0.125|31.0|-0.1875}',
  'subs {l}, {p}, {q}\nvsel{eq|vs|ge|gt}.f64 {v}, {x}, {y}',
  '{vmaxnm|vminnm}.f64 {v}, {x}, {y}',
  'vrint{a|n|p|m|x|z|r}.f64 {v}, {x}',
  'vcvt.f64.f32 {v}, {t}\nvrint{a|n|p|m|x|z|r}.f64 {v}, {v}',
  'vcvt{a|n|p|m}.{s32|u32}.f64 {s}, {x}',
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
const BUFFER_BYTES = 2048

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
    if ('vxy'.includes(hole) && hole.length === 1) return `d${hole === 'v' ? low : rng.int(16)}`
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
  float: FLOAT,
  memory: MEMORY,
  control: CONTROL,
  mixed: [...INTEGER, ...FLOAT, ...FLOAT, ...MEMORY, ...MEMORY, ...CONTROL],
  fpv5: FPV5_FLOAT,
  double: DOUBLE,
} as const

export type Kind = keyof typeof TEMPLATES

/** Random instructions by kind, which go through all the templates from a random one on. */
export class InstructionSource {
  readonly #rng: Rng
  readonly #next = new Map<Kind, number>()

  constructor(rng: Rng) {
    this.#rng = rng
  }

  /** Some are two or three that belong together. */
  take(kind: Kind): string {
    const templates = TEMPLATES[kind]
    const next = this.#next.get(kind) ?? this.#rng.int(templates.length)
    this.#next.set(kind, next + 1)
    return instantiate(templates[next % templates.length]!, this.#rng)
  }
}

/** What a block executes: pieces of one or more instructions that are left in or out as a whole. */
export type Block = readonly string[]

/** `length` random pieces for each of `count` blocks; the first blocks go through all templates in turn. */
export function randomBlocks(rng: Rng, kind: Kind, count: number, length: number): Block[] {
  const templates = TEMPLATES[kind]
  return Array.from({ length: count }, (_, block) =>
    Array.from({ length }, (_, piece) => {
      const turn = block * length + piece
      return instantiate(templates[turn < templates.length ? turn : rng.int(templates.length)]!, rng)
    }),
  )
}

/** How many instructions a block executes at least; branches may leave some out, so those pieces count as two. */
export function executedAtLeast(block: Block): number {
  return block.reduce((sum, piece) => sum + (/^\d:|[12][fb]$/m.test(piece) ? 2 : piece.split('\n').length), 0)
}

export interface States {
  /** one for each block */
  seeds: readonly number[]
  first: number
  count: number
}

/** The blocks with everything that random-main.c wants of them. */
export function assemblyOf(blocks: readonly Block[], states: States, core: TestCore): string {
  const lines = ['.syntax unified', `.cpu ${core.cpu}`, `.fpu ${core.fpu}`, '.thumb', '.text']
  blocks.forEach((block, index) => {
    lines.push(
      '.balign 4',
      '.thumb_func',
      `block${index}:`,
      'push {r4-r11, lr}',
      'vpush {s16-s31}',
      'movw r12, #:lower16:state',
      'movt r12, #:upper16:state',
      'vldmia r12!, {s0-s31}',
      'ldr r11, [r12], #4',
      'vmsr fpscr, r11',
      'ldr r11, [r12], #4',
      'msr APSR_nzcvqg, r11',
      'ldmia r12, {r0-r9}',
      `movw r10, #:lower16:(buffer + ${BUFFER_BYTES / 2})`,
      `movt r10, #:upper16:(buffer + ${BUFFER_BYTES / 2})`,
      ...block,
      'movw r12, #:lower16:results',
      'movt r12, #:upper16:results',
      'stmia r12!, {r0-r10}',
      'mrs r11, APSR',
      'str r11, [r12], #4',
      'vmrs r11, fpscr',
      'str r11, [r12], #4',
      'vstmia r12, {s0-s31}',
      'mov r11, #0',
      'vmsr fpscr, r11',
      'vpop {s16-s31}',
      'pop {r4-r11, pc}',
      '.ltorg',
    )
  })
  const words = (name: string, values: readonly (number | string)[]) =>
    lines.push(`.global ${name}`, '.balign 4', `${name}:`, ...values.map((value) => `.word ${value}`))
  lines.push('.section .rodata')
  words('blocks', [...blocks.keys()].map((index) => `block${index}`).concat('0'))
  words('seeds', states.seeds)
  words('first_state', [states.first])
  words('state_count', [states.count])
  words('double_precision', [core.fpu === 'fpv5-d16' ? 1 : 0])
  lines.push('.bss', '.balign 4', '.global state, results, buffer')
  lines.push('state: .space 176', 'results: .space 184', `buffer: .space ${BUFFER_BYTES}`, '')
  return lines.join('\n')
}
