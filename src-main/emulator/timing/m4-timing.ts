// Cortex-M4: the rows of cycle-table.ts, and loads that overlap with the load or store behind them.

import { BRANCH_REFILL, CYCLES } from '../cycle-table.ts'
import type { Instruction } from '../decode/pattern.ts'
import { isLoad, isStore, OP, OP_CYCLE_CLASS, OP_NAMES, popCount } from '../opcodes.ts'
import type { DecodeAt, InstructionTiming, Placed } from './instruction-timing.ts'

/** One halfword back for an instruction that reaches into what changed, two more for the load before it. */
const REACH = 3

/** Whether `next` overlaps with the load before it. */
function pipelines(load: Instruction, next: Instruction): boolean {
  if (!isLoad(next.op) && !isStore(next.op)) return false
  if (load.op === OP.VLDR || next.op === OP.LDR_LIT) return true
  const usesIndex = OP_NAMES[next.op]!.endsWith('_R')
  return next.b !== load.a && !(usesIndex && next.c === load.a)
}

export function m4Timing(decodeAt: DecodeAt): InstructionTiming {
  return {
    cycles({ index, length, instruction }: Placed): number {
      const { op, imm } = instruction
      if (op === OP.LDM || op === OP.STM) return CYCLES.multiple + popCount(imm)
      if (op === OP.VLDM || op === OP.VSTM) return Math.min(31, CYCLES.multiple + ((imm >>> 8) & 63))
      const cycles = CYCLES[OP_CYCLE_CLASS[op]!]
      if (op === OP.LDRD || op === OP.STRD || op === OP.VLDR_D || op === OP.VSTR_D) return cycles + 2
      if (!isLoad(op)) return cycles
      return pipelines(instruction, decodeAt(index + length, 0).instruction) ? cycles - 1 : cycles
    },
    taken: () => BRANCH_REFILL,
    affected: (first) => Math.max(0, first - REACH),
  }
}
