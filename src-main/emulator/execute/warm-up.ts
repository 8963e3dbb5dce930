// Shows V8 every opcode once, with operands that overflow and flags both ways, before it optimises the interpreter.
// Without this each opcode's first execution throws the optimised loop away (it was compiled without knowing what
// that case does), and compiling it again takes longer than most programs run.

import type { Core } from '../core/core.ts'
import { FIRST_COLD, OP } from '../opcodes.ts'
import { interpret } from './interpreter.ts'

const CYCLE = 1 << 22
const CONDITIONAL = 0x80000000 | 0
const PC = 15
/** where the operands of loads and stores lie, above the instruction */
const DATA = 0x100
const OPERANDS: readonly (readonly [number, number])[] = [
  [0x7fffffff, 0x7fffffff],
  [-0x80000000, -0x80000000],
  [-0x80000000, 0x7fffffff],
  [5, 3],
  [0, 0],
]
/** Opcodes whose field d chooses among several ways to go. */
const VARIANTS: ReadonlyMap<number, number> = new Map([
  [OP.DP_SHIFT, 15],
  [OP.DPS_SHIFT, 15],
  [OP.LDRD, 4],
  [OP.STRD, 4],
  [OP.LDM, 4],
  [OP.STM, 4],
])
const TABLE_BRANCHES = new Set([OP.TBB, OP.TBH])
const EXCHANGES = new Set([OP.BX, OP.BLX])
const FLAG_COMBINATIONS = 16
/** V8 takes notes of a function only after its first executions: the first turn is not remembered. */
const TURNS = 2

let done = false

/** Runs the opcodes one by one in `ram`, on a core that is not in use yet, and leaves no trace but in V8. */
export function warmUp(core: Core, ram: number): void {
  if (done) return
  done = true
  const { code, memory } = core
  const index = memory.fetchOffset(ram) >> 1
  for (let turn = 0; turn < TURNS; turn++) {
    runEveryOpcode(core, ram, index)
    runRarePaths(core, ram, index)
  }
  code.words.fill(0, index, index + 0x100)
  code.immediates.fill(0, index, index + 0x100)
  memory.u8.fill(0, index * 2, index * 2 + 0x200)
  core.instructions = core.cycles = 0
}

/** a = r0, b = r1 or PC, c = r2 */
const pack = (op: number, d: number, b = 1) => op | (b << 13) | (2 << 17) | (d << 27)

function run(core: Core, ram: number, index: number, word: number, immediate: number, budget = 1): void {
  core.code.words[index] = word | CYCLE
  core.code.immediates[index] = immediate
  core.pc = ram
  core.attention = false
  core.fpu.active = true
  interpret(core, budget)
}

function runEveryOpcode(core: Core, ram: number, index: number): void {
  const data = ram + DATA
  for (let op = 1; op < FIRST_COLD; op++) {
    const accesses = (op >= OP.LDR_I && op <= OP.VSTR) || TABLE_BRANCHES.has(op)
    const list = op === OP.LDM || op === OP.STM
    const branches = op >= OP.BEQ && op <= OP.BLE
    const variants = VARIANTS.get(op) ?? 1
    for (const [x, y] of OPERANDS) {
      for (let flags = 0; flags < (branches ? FLAG_COMBINATIONS : 1); flags++) {
        for (let variant = 0; variant < variants; variant++) {
          core.r.set(accesses ? [0, data, 4, data] : [0, EXCHANGES.has(op) ? ram | 1 : x, y, 1, y, x])
          core.fpu.f32.set([x, y, 1 / x])
          core.apsr = flags << 28
          const d = accesses || variants > 1 ? variant : 4
          run(core, ram, index, pack(op, d), list ? 1 | (1 << 16) : accesses ? 0 : (op & 15) + 1)
        }
      }
    }
  }
}

function runRarePaths(core: Core, ram: number, index: number): void {
  const { code, memory } = core
  const data = ram + DATA
  const once = (word: number, immediate: number, budget?: number) => run(core, ram, index, word, immediate, budget)
  // Addresses relative to the PC, and a list that ends with it.
  memory.set(memory.offsetOf(data), 4, ram | 1)
  core.r.set([0, data, 0, data])
  for (const op of [OP.TBB, OP.TBH, OP.LDRD, OP.VLDR, OP.BFI]) once(pack(op, 0, PC), 8)
  once(pack(OP.LDM, 0), 0x8000 | (1 << 16))
  for (let condition = 0; condition < 14; condition++) {
    for (let flags = 0; flags < FLAG_COMBINATIONS; flags++) {
      code.it[index] = (condition << 4) | 8
      core.apsr = flags << 28
      once(OP.NOP | CONDITIONAL, 0)
    }
  }
  code.it[index] = 0
  // A cold instruction, then one that was not decoded yet: RAM holds zeros, which are MOVS r0, r0.
  code.words[index + 1] = 0
  once(OP.BARRIER, 0, 2)
  // What was decoded put this page under watch: stores to it take another way.
  for (const op of [OP.STR_I, OP.STR_R, OP.STRB_I, OP.STRB_R, OP.STRH_I, OP.STRH_R]) once(pack(op, 0), 0)
  memory.unwatchStores(ram)
}
