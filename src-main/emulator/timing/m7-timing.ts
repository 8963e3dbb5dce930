// Cortex-M7: an ESTIMATE. Two instructions issue together where the rules below let them; the first of them then takes no
// cycle. Sources: J and Q of m7-effects.ts; "ours" is a choice. docs/timing.md says what is left out.
//
// The core pairs greedily from where it starts. That makes as many pairs of a run of instructions as can be made, and so
// does pairing from the end, which is known wherever control comes from. So that is done here: an instruction's time is
// decided from what follows it, as far as the next branch or the end of its window.

import { BRANCH_REFILL } from '../cycle-table.ts'
import { OP, OP_NAMES, popCount } from '../opcodes.ts'
import { goesBack, nextIt, type DecodeAt, type InstructionTiming, type Placed } from './instruction-timing.ts'
import {
  effectsOf,
  isConditionalBranch,
  isFloatMac,
  WANTED,
  type Effects,
  type FloatResult,
  type Unit,
} from './m7-effects.ts'

/** Halfwords in which one instruction may depend on another, at multiples of it. Ours; it never crosses a page. */
const WINDOW = 128
const LONGEST_WAIT = 5

/** J: a branch that goes another way than predicted takes 8 cycles more. Backward branches are predicted to be taken. */
const MISPREDICTED = 8
/** Ours: of forward ones that are taken the chip learns some, so that half of it is counted. */
const FORWARD_TAKEN = MISPREDICTED / 2

/** Cycles of what does not take one. */
const CYCLES: Partial<Record<(typeof OP_NAMES)[number], number>> = {
  // ours: as on the Cortex-M4, with its divideExtra
  ...{ SDIV: 2, UDIV: 2 },
  // ours: targets from a register are predicted less well than others
  ...{ BX: 3, BLX: 3, MOV_PC: 3, ADD_PC: 3, LDR_PC: 4, TBB: 6, TBH: 6 },
  // J
  ...{ VDIV: 16, VSQRT: 14, VDIV_D: 30, VSQRT_D: 30, VADD_D: 2, VSUB_D: 2, VMUL_D: 5, VNMUL_D: 5 },
  ...{ VMLA_D: 8, VMLS_D: 8, VNMLA_D: 8, VNMLS_D: 8, VFMA_D: 8, VFMS_D: 8, VFNMA_D: 8, VFNMS_D: 8 },
}
const BY_OPCODE: readonly number[] = OP_NAMES.map((name) => CYCLES[name] ?? 1)
/** Ours: a return from the stack takes as long as BX. */
const RETURN = 3

/**
 * Units of which two instructions don't issue together, by the elder's. J: one multiplier; one shifter for shifted operands
 * and bit fields; bit fields and DSP operations as the elder only; products and stores not together; one store; one
 * floating-point operation. Loads: `sameBank`.
 */
const APART: Record<Unit, readonly Unit[]> = {
  alu: ['bits', 'alone'],
  shift: ['bits', 'shifted', 'alone'],
  shifted: ['bits', 'shifted', 'alone'],
  bits: ['bits', 'shifted', 'alone'],
  multiply: ['multiply', 'store', 'bits', 'alone'],
  load: ['bits', 'alone'],
  store: ['store', 'multiply', 'bits', 'alone'],
  float: ['float', 'bits', 'alone'],
  branch: ['alu', 'shift', 'shifted', 'bits', 'multiply', 'load', 'store', 'float', 'branch', 'alone'],
  alone: ['alu', 'shift', 'shifted', 'bits', 'multiply', 'load', 'store', 'float', 'branch', 'alone'],
}

/** Branches that issue beside the instruction before them: those whose target is in the instruction. */
const isDirect = (op: number) => op === OP.B || op === OP.BL || isConditionalBranch(op)

const ENDS = new Set<number>(
  (
    ['LDR_PC', 'MOV_PC', 'ADD_PC', 'B_FAR', 'BL_FAR', 'SVC', 'BKPT', 'UNDEFINED', 'COPROCESSOR', 'INVALID'] as const
  ).map((name) => OP[name]),
)
const ends = ({ instruction: { op, imm } }: Placed, unit: Unit) =>
  unit === 'branch' || ENDS.has(op) || (op === OP.LDM && (imm & 0x8000) !== 0)

/** J: two loads issue together from an even and an odd word. That is known of immediate offsets from one register. */
function sameBank({ instruction: x }: Placed, { instruction: y }: Placed): boolean {
  const known = (x.op === OP.LDR_I && y.op === OP.LDR_I) || (x.op === OP.VLDR && y.op === OP.VLDR)
  return !known || x.b !== y.b || ((x.imm ^ y.imm) & 4) === 0
}

/** Cycles from a floating-point result to its use. J, table of result latencies. */
const FLOAT_WAITS: Record<FloatResult, { read: number; accumulated: number; stored: number }> = {
  sum: { read: 3, accumulated: 3, stored: 1 },
  mac: { read: 5, accumulated: 3, stored: 3 },
  load: { read: 2, accumulated: 3, stored: 1 },
  move: { read: 3, accumulated: 3, stored: 1 },
}

/** Cycles that have to lie between the issue of two instructions for what the first one gives the second. */
function separation(from: Effects, to: Effects): number {
  const { written, result, loaded, base } = from
  let cycles = 0
  const need = (at: number) => {
    if (at > cycles) cycles = at
  }
  // Q: a loaded address takes three cycles in all.
  if ((written & to.address) !== 0) need(result - WANTED.early + (loaded ? 1 : 0))
  if ((written & to.early) !== 0) need(result - WANTED.early)
  // J: multiplication can't take what was loaded in the cycle before.
  if ((written & to.late) !== 0) need(loaded && to.unit === 'multiply' ? 2 : result - WANTED.late)
  if ((written & to.accumulated) !== 0) need(result - WANTED.accumulated)
  if ((base & (to.address | to.early)) !== 0) need(1)
  if (from.setsFlags && to.readsFlags) need(1)
  if (from.floatWritten !== 0) {
    const waits = FLOAT_WAITS[from.floatResult]
    if ((from.floatWritten & to.floatRead) !== 0) need(waits.read)
    if ((from.floatWritten & to.floatAccumulated) !== 0) need(waits.accumulated)
    if ((from.floatWritten & to.floatStored) !== 0) need(waits.stored)
  }
  return cycles
}

interface Timed extends Placed {
  effects: Effects
}

function pairs(elder: Timed, younger: Timed): boolean {
  const [x, y] = [elder.effects, younger.effects]
  if (APART[x.unit].includes(y.unit)) return false
  if (y.unit === 'branch' && !isDirect(younger.instruction.op)) return false
  if (x.unit === 'load' && y.unit === 'load' && sameBank(elder, younger)) return false
  // J: floating-point multiply-accumulates don't issue beside loads and stores of their registers.
  if (isFloatMac(elder.instruction.op) && (y.floatWritten | y.floatStored) !== 0) return false
  if (isFloatMac(younger.instruction.op) && (x.floatWritten | x.floatStored) !== 0) return false
  // J: the two halves of a constant issue together.
  const halves = elder.instruction.op === OP.MOV_I && younger.instruction.op === OP.MOVT
  const twice = (x.written | x.base) & (y.written | y.base)
  if (twice !== 0 && !halves) return false
  return (x.floatWritten & y.floatWritten) === 0 && separation(x, y) === 0
}

/** J: half a cycle for a word of a multiple load or store, rounded up. */
const wordPairs = (words: number) => Math.max(1, (words + 1) >> 1)

/** Alone, with nothing to wait for. */
function ownCycles({ op, imm }: Placed['instruction']): number {
  if (op === OP.LDM) return wordPairs(popCount(imm)) + ((imm & 0x8000) === 0 ? 0 : RETURN - BRANCH_REFILL)
  if (op === OP.STM) return wordPairs(popCount(imm))
  if (op === OP.VLDM || op === OP.VSTM) return wordPairs((imm >>> 8) & 63)
  return BY_OPCODE[op]!
}

/** Cycles of instructions in a row, each until the next one issues. */
function times(list: readonly Timed[]): number[] {
  const cycles = Array<number>(list.length)
  let isElder = false
  for (let at = list.length - 1; at >= 0; at--) {
    const { instruction, effects } = list[at]!
    const next = list[at + 1]
    isElder = next !== undefined && !isElder && pairs(list[at]!, next)
    let own = ownCycles(instruction) - (isElder ? 1 : 0)
    // What waits for the result is counted here: how long it waits, less what passes in between.
    const live = { ...effects }
    let passed = 0
    for (let user = at + 1; user < list.length && own + passed < LONGEST_WAIT; user++) {
      const { effects: uses } = list[user]!
      own = Math.max(own, separation(live, uses) - passed)
      passed += cycles[user]!
      live.written &= ~(uses.written | uses.base)
      live.base &= ~(uses.written | uses.base)
      live.floatWritten &= ~uses.floatWritten
      if (uses.setsFlags) live.setsFlags = false
    }
    if (isConditionalBranch(instruction.op) && goesBack(instruction.imm)) own += MISPREDICTED
    cycles[at] = own
  }
  return cycles
}

export function m7Timing(decodeAt: DecodeAt, halfwords: number): InstructionTiming {
  /** what the time of some instruction depends on */
  const seen = new Uint8Array(halfwords)
  /** times of instructions, by index and ITSTATE */
  const known = new Map<number, number>()
  const key = ({ index, it }: Placed) => index * 256 + it

  const sequence = (first: Placed): Timed[] => {
    const end = (first.index & ~(WINDOW - 1)) + WINDOW
    const list: Timed[] = []
    for (let placed = first; ;) {
      const { index, length, instruction, it } = placed
      const effects = effectsOf(instruction, it !== 0)
      list.push({ ...placed, effects })
      seen.fill(1, index, index + length)
      const next = index + length
      if (ends(placed, effects.unit) || next >= end) return list
      placed = decodeAt(next, instruction.op === OP.IT ? instruction.imm : nextIt(it))
      if (next + placed.length > end) return list
    }
  }

  return {
    cycles(placed) {
      const found = known.get(key(placed))
      if (found !== undefined) return found
      const list = sequence(placed)
      const cycles = times(list)
      list.forEach((each, at) => known.set(key(each), cycles[at]!))
      return cycles[0]!
    },
    taken: (backward) => (backward ? -MISPREDICTED : FORWARD_TAKEN),
    affected(first, last) {
      known.clear()
      const reaches = Math.max(0, first - 1)
      if (!seen.subarray(first, last + 1).includes(1)) return reaches
      const start = first & ~(WINDOW - 1)
      return Math.min(start, reaches)
    },
  }
}
