// What translated code does for each opcode: the counterpart of the interpreter's switch, one row an opcode, in families.
// Opcodes without a row are the interpreter's.

import { FIRST_DSP, FIRST_VFP, OP, OP_NAMES, type OpName } from '../opcodes.ts'
import { ARITHMETIC_EMITTERS } from './arithmetic-emitters.ts'
import { IMPORT, type GuestInstruction } from './body.ts'
import { BRANCH_EMITTERS } from './branch-emitters.ts'
import type { Emitter, EmitterTable } from './emitter.ts'
import { FIELD_EMITTERS } from './field-emitters.ts'
import { MEMORY_EMITTERS } from './memory-emitters.ts'
import { MULTIPLY_EMITTERS } from './multiply-emitters.ts'
import { SHIFT_EMITTERS } from './shift-emitters.ts'
import { VFP_EMITTERS } from './vfp-emitters.ts'

const ROWS: EmitterTable = {
  ...ARITHMETIC_EMITTERS,
  ...SHIFT_EMITTERS,
  ...MULTIPLY_EMITTERS,
  ...FIELD_EMITTERS,
  ...MEMORY_EMITTERS,
  ...BRANCH_EMITTERS,
  ...VFP_EMITTERS,
  NOP: () => undefined,
  IT: () => undefined,
}

/** Opcodes after which control is elsewhere. */
const ENDS = new Set<OpName>(['B', 'BL', 'BX', 'BLX', 'TBB', 'TBH'])

/** By opcode; undefined where only the interpreter can do it. */
export const EMITTERS: readonly (Emitter | undefined)[] = OP_NAMES.map((name, op) => {
  if (ROWS[name] !== undefined) return ROWS[name]
  if (op >= FIRST_DSP && op < FIRST_VFP) return (f) => f.callInterpreter(IMPORT.DSP)
  return undefined
})

/** Whether nothing follows this instruction where its condition holds. */
export const ends = ({ op, imm: value }: GuestInstruction) =>
  ENDS.has(OP_NAMES[op]!) || (OP_NAMES[op] === 'LDM' && (value & 0x8000) !== 0)

const isSingleLoad = (op: number) =>
  (op >= OP.LDR_I && op <= OP.LDRSH_PRE) || op === OP.LDR_LIT || op === OP.VLDR || op === OP.TBB || op === OP.TBH
const isSingleStore = (op: number) => (op >= OP.STR_I && op <= OP.STRH_PRE) || op === OP.VSTR

/** How often a translatable instruction loads and stores. */
export function wordsMoved({ op, imm: list }: GuestInstruction): { loads: number; stores: number } {
  if (op === OP.LDM) return { loads: list >>> 16, stores: 0 }
  if (op === OP.STM) return { loads: 0, stores: list >>> 16 }
  if (op === OP.LDRD) return { loads: 2, stores: 0 }
  if (op === OP.STRD) return { loads: 0, stores: 2 }
  return { loads: isSingleLoad(op) ? 1 : 0, stores: isSingleStore(op) ? 1 : 0 }
}
