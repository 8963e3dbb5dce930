// Programs of random control flow for the comparison of translated code with the interpreter: functions of nested loops,
// branches, calls and tables around random instructions, called over and over, while SysTick interrupts them.

import type { Rng } from '../../src-main/base/rng.ts'
import { vectors } from './harness.ts'
import { InstructionSource } from './random-program.ts'

/** Loop counters that random instructions leave alone: one a nesting level. */
const COUNTERS = ['r11', 'r12']
const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le']
const KINDS = ['integer', 'integer', 'integer', 'memory', 'float'] as const
/** Of FPSCR, by turns: mostly to nearest, else up, down or to zero. */
const ROUNDING_MODES = [0, 0, 0, 1, 2, 3].map((mode) => mode << 22)
const BUFFER = 0x20018000
const TICKS = 0x2001f800
/** Lines of code after which literals may be out of the reach of LDR: 4 KB. */
const POOL_REACH = 250
const CPACR = 0xe000ed88
const SYSTICK = 0xe000e010

class FlowGenerator {
  readonly #rng: Rng
  readonly #functions: number
  readonly #instructions: InstructionSource
  #labels = 0
  #sincePool = 0

  constructor(rng: Rng, functions: number) {
    this.#rng = rng
    this.#functions = functions
    this.#instructions = new InstructionSource(rng)
  }

  #label(): string {
    return `l${this.#labels++}`
  }

  #straight(): string[] {
    const kind = KINDS[this.#rng.int(KINDS.length)]!
    const instructions = Array.from({ length: 1 + this.#rng.int(6) }, () => this.#instructions.take(kind))
    const lines = instructions.flatMap((text) => (this.#rng.int(2) === 0 ? [text] : [text, ...this.#fold(kind)]))
    this.#sincePool += lines.length
    return lines
  }

  /** Mixes the flags and some registers into lr, so that what is overwritten soon has left a trace all the same. */
  #fold(kind: string): string[] {
    const flags = ['mi', 'eq', 'cs', 'vs'].map((flag, bit) => `it ${flag}\nadd${flag} r9, r9, #${1 << bit}`)
    const single = this.#rng.int(10) * 3
    return [
      'mov.w r9, #0',
      ...flags,
      'add.w lr, r9, lr, ror #5',
      ...(kind === 'float' ? [`vmov r9, s${single}`, 'eor.w lr, lr, r9, ror #3', ...this.#foldFpscr()] : []),
      ...Array.from({ length: 2 }, () => `eor.w lr, lr, r${this.#rng.int(9)}, ror #${1 + this.#rng.int(31)}`),
    ]
  }

  /** FPSCR's flags are sticky: unless they are cleared now and then, they tell nothing. */
  #foldFpscr(): string[] {
    const mode = ROUNDING_MODES[this.#rng.int(ROUNDING_MODES.length)]!
    return ['vmrs r9, fpscr', 'eor.w lr, lr, r9', `mov.w r9, #${mode}`, 'vmsr fpscr, r9']
  }

  /** What a function does; its own pool of literals follows. */
  function(self: number): string[] {
    this.#sincePool = 0
    return this.#body(self, 3, 0)
  }

  /** Functions call only those with a higher number, and may use the counters from `counter` on. */
  #body(self: number, depth: number, counter: number): string[] {
    const lines: string[] = []
    for (let part = 1 + this.#rng.int(3); part > 0; part--) {
      lines.push(...this.#part(self, depth, counter))
      if (this.#sincePool > POOL_REACH) lines.push(...this.#pool())
    }
    return lines
  }

  /** A pool of literals that control goes round. */
  #pool(): string[] {
    const over = this.#label()
    this.#sincePool = 0
    return [`b.w ${over}`, '.ltorg', `${over}:`]
  }

  #part(self: number, depth: number, counter: number): string[] {
    const rng = this.#rng
    const kind = depth === 0 ? 0 : rng.int(9)
    switch (kind) {
      case 1:
      case 2:
        return this.#loop(self, depth, counter)
      case 3:
      case 4: {
        const skip = this.#label()
        return [
          `cmp r${rng.int(8)}, r${rng.int(8)}`,
          `b${CONDITIONS[rng.int(14)]!}.w ${skip}`,
          ...this.#body(self, depth - 1, counter),
          `${skip}:`,
        ]
      }
      case 5: {
        const other = this.#label()
        const join = this.#label()
        return [
          `tst r${rng.int(8)}, #${1 << rng.int(8)}`,
          `b${CONDITIONS[rng.int(14)]!}.w ${other}`,
          ...this.#body(self, depth - 1, counter),
          `b.w ${join}`,
          `${other}:`,
          ...this.#body(self, depth - 1, counter),
          `${join}:`,
        ]
      }
      case 6:
        return self + 1 >= this.#functions ? this.#straight() : [this.#call(self)]
      case 7:
        return this.#table()
      case 8:
        return this.#slow()
      default:
        return this.#straight()
    }
  }

  #loop(self: number, depth: number, counter: number): string[] {
    const register = COUNTERS[counter]
    if (register === undefined) return this.#straight()
    const top = this.#label()
    return [
      `mov ${register}, #${1 + this.#rng.int(9)}`,
      `${top}:`,
      ...this.#body(self, depth - 1, counter + 1),
      `subs ${register}, #1`,
      `bne.w ${top}`,
    ]
  }

  #call(self: number): string {
    const callee = `function${self + 1 + this.#rng.int(this.#functions - self - 1)}`
    const save = 'push {r10, r12, lr}'
    const restore = 'pop {r10, r12, lr}'
    if (this.#rng.int(2) === 0) return `${save}\nbl ${callee}\n${restore}`
    return `${save}\nldr r9, =${callee} + 1\nblx r9\n${restore}`
  }

  #table(): string[] {
    const cases = Array.from({ length: 4 }, () => this.#label())
    const table = this.#label()
    const join = this.#label()
    const wide = this.#rng.int(2) === 1
    return [
      `and r9, r${this.#rng.int(8)}, #3`,
      wide ? 'tbh [pc, r9, lsl #1]' : 'tbb [pc, r9]',
      `${table}:`,
      ...cases.map((label) => `${wide ? '.hword' : '.byte'} (${label} - ${table}) / 2`),
      '.balign 2',
      ...cases.flatMap((label) => [`${label}:`, ...this.#straight().slice(0, 2), `b.w ${join}`]),
      `${join}:`,
    ]
  }

  /** What leaves translated code: a register of the time, an unaligned word, a system register, a divisor that may be 0. */
  #slow(): string[] {
    const register = `r${this.#rng.int(7)}`
    const choices = [
      [`ldr r9, =${SYSTICK + 8}`, `ldr ${register}, [r9]`],
      [`ldr r9, =${BUFFER + 1}`, `ldr ${register}, [r9]`, `strh ${register}, [r9, #4]`],
      [`mrs ${register}, ${['apsr', 'msp', 'basepri', 'control'][this.#rng.int(4)]!}`],
      [`sdiv ${register}, r${this.#rng.int(8)}, r7`, 'movs r7, #0', `udiv r8, ${register}, r7`],
      ['cpsid i', 'nop', 'cpsie i'],
      ['nop', 'dsb', 'isb'],
    ]
    return choices[this.#rng.int(choices.length)]!
  }
}

/** Assembly of an image that runs for ever. */
export function randomFlow(rng: Rng): string {
  const functions = 3 + rng.int(4)
  const generator = new FlowGenerator(rng, functions)
  const lines = [
    vectors('entry', { 15: 'tick' }),
    'entry:',
    `ldr r0, =${CPACR}\nldr r1, =0xf00000\nstr r1, [r0]`,
    `ldr r0, =${SYSTICK}\nldr r1, =${300 + rng.int(4000)}\nstr r1, [r0, #4]\nmovs r1, #0\nstr r1, [r0, #8]`,
    'movs r1, #7\nstr r1, [r0]',
    'again:',
    `ldr r10, =${BUFFER}`,
    // New values every time round, of which some repeat.
    `ldr r0, =${TICKS}\nldr r1, [r0, #4]\nldr r2, =1664525\nldr r3, =1013904223\nmla r1, r1, r2, r3\nstr r1, [r0, #4]`,
    'lsrs r4, r1, #24\neors r5, r4, r1\nasrs r6, r1, #3\nmov r7, r4\nmov r8, #-1\nmovs r9, #5',
    'vmov s0, r4\nvcvt.f32.s32 s0, s0\nvmov s1, r1\nvmov.f32 s2, #1.5\nvadd.f32 s3, s0, s2\nvmul.f32 s4, s0, s3',
  ]
  for (let index = 0; index < functions; index++) lines.push(`bl function${index}`)
  lines.push('b again', '.ltorg')
  for (let index = 0; index < functions; index++) {
    lines.push(`function${index}:`, 'push {r4-r11, lr}')
    lines.push(...generator.function(index))
    lines.push(`ldr r0, =${TICKS}\nldr r1, [r0, #8]\nadd.w r1, lr, r1, ror #7\nstr r1, [r0, #8]`)
    lines.push(rng.int(2) ? 'pop {r4-r11, pc}' : 'pop {r4-r11, lr}\nbx lr', '.ltorg')
  }
  lines.push('tick:', `ldr r0, =${TICKS}\nldr r1, [r0]\nadds r1, #1\nstr r1, [r0]`)
  lines.push('vmov s0, r1\nvadd.f32 s1, s1, s0', 'bx lr', '.ltorg')
  return lines.join('\n')
}
