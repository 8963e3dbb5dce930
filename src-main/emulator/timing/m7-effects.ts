// What an instruction does to a Cortex-M7's pipeline: the unit it needs, when it wants its operands and when its result is
// there. Arm publishes no such table (DDI 0489 has none). Measured on an STM32H743 by github.com/jnk0le/random, "pipeline
// cycle test", doc/cortex_m7.md (J below), and on an STM32H730 by quinapalus.com/cm7cycles.html (Q). "Ours" is a choice.
//
// Times are in cycles from the issue of the instruction. Operands are wanted by the address units and the early ALU at 0,
// by the late ALU at 1, as accumulators at 2, and for storing whenever they are there.

import type { Instruction } from '../decode/pattern.ts'
import { FIRST_COLD, FIRST_DOUBLE, FIRST_VFP, isLoad, isStore, OP, OP_NAMES, type OpName } from '../opcodes.ts'

export type Unit = 'alu' | 'shift' | 'shifted' | 'bits' | 'multiply' | 'load' | 'store' | 'branch' | 'float' | 'alone'
export type FloatResult = 'sum' | 'mac' | 'load' | 'move'

/** Registers are bit sets. */
export interface Effects {
  unit: Unit
  address: number
  early: number
  late: number
  accumulated: number
  written: number
  /** when `written` is there: RESULT */
  result: number
  /** it comes from memory */
  loaded: boolean
  /** address registers that it changes */
  base: number
  setsFlags: boolean
  readsFlags: boolean
  floatRead: number
  floatAccumulated: number
  floatStored: number
  floatWritten: number
  floatResult: FloatResult
}

export const WANTED = { early: 0, late: 1, accumulated: 2 } as const
/** J: early ALU (when it issues first), late ALU and loaded words, products, loaded bytes and halfwords. */
export const RESULT = { early: 1, late: 2, product: 3, narrow: 3 } as const

const names = (...list: OpName[]): ReadonlySet<number> => new Set(list.map((name) => OP[name]))

const MULTIPLY = names(
  ...(['MUL', 'MULS', 'MLA', 'MLS', 'UMULL', 'SMULL', 'UMLAL', 'SMLAL', 'SMLAD', 'SMUL_XY', 'SMLA_XY'] as const),
  ...(['SMULW', 'SMLAW', 'SMUAD', 'SMUSD', 'SMLADX', 'SMLSD', 'SMMUL', 'SMMLA', 'SMMLS'] as const),
  ...(['SMLAL_XY', 'SMLALD', 'SMLSLD', 'UMAAL'] as const),
)
const LONG = names('UMULL', 'SMULL', 'UMLAL', 'SMLAL', 'SMLAL_XY', 'SMLALD', 'SMLSLD', 'UMAAL')
const LONG_ACCUMULATE = names('UMLAL', 'SMLAL', 'SMLAL_XY', 'SMLALD', 'SMLSLD', 'UMAAL')
const ACCUMULATE = names('MLA', 'MLS', 'SMLAD', 'SMLA_XY', 'SMLAW', 'SMLADX', 'SMLSD', 'SMMLA', 'SMMLS')
const BITS = names(
  ...(['SXTB16', 'SXTB', 'SXTH', 'UXTB', 'UXTH', 'CLZ', 'UBFX', 'SBFX', 'BFI', 'EXTEND', 'EXTEND_ADD'] as const),
  ...(['RBIT', 'REV', 'REV16', 'REVSH', 'SSAT', 'USAT', 'SSAT16', 'USAT16', 'PKHBT', 'PKHTB'] as const),
  ...(['PARALLEL', 'SATURATING', 'SEL', 'USAD8'] as const),
)
/** J: those of them that take an operand early (in the others it is the late ALU that works). */
const EARLY_BITS = names(
  ...(['UBFX', 'SBFX', 'BFI', 'EXTEND_ADD', 'RBIT', 'REV', 'REV16', 'REVSH', 'PKHBT', 'PKHTB'] as const),
)
const TWO_OPERAND_BITS = names('EXTEND_ADD', 'PKHBT', 'PKHTB', 'PARALLEL', 'SATURATING', 'SEL', 'USAD8')
const SHIFTED = names('DP_SHIFT', 'DPS_SHIFT', 'ADD_LSL')
const SHIFT = names('LSL_I', 'LSLS_I', 'LSR_I', 'LSRS_I', 'ASR_I', 'ASRS_I', 'SHIFT_R', 'SHIFTS_R')
/** J: what the early ALU does. */
const EARLY = names(
  ...(['MOV_I', 'MOVS_I', 'MOVT', 'MOV_R', 'MOVS_R', 'ADD_I', 'ADDS_I', 'ADD_R', 'ADDS_R', 'SUB_R', 'SUBS_I'] as const),
  ...(['SUBS_R', 'ADR', 'LSL_I', 'LSLS_I', 'LSR_I', 'LSRS_I', 'ASR_I', 'ASRS_I', 'SHIFT_R', 'SHIFTS_R'] as const),
)
const COMPARE = names('CMP_I', 'CMP_R', 'CMN_I', 'CMN_R', 'TST_I', 'TST_R', 'TEQ_I')
const READS_CARRY = names('ADC_I', 'ADCS_I', 'ADC_R', 'ADCS_R', 'SBC_R', 'SBCS_R', 'SEL')
const NO_SOURCE = names('MOV_I', 'MOVS_I', 'ADR', 'NOP', 'IT')
const WORD_LOADS = names('LDR_I', 'LDR_R', 'LDR_POST', 'LDR_PRE', 'LDR_LIT')
const ALONE = names(
  ...(['SDIV', 'UDIV', 'LDRD', 'STRD', 'LDM', 'STM', 'VMRS_APSR'] as const),
  ...(['VMOV_PAIR_TO_CORE', 'VMOV_PAIR_FROM_CORE', 'VMRS', 'VMSR'] as const),
)
const FLOAT_TWO_OPERANDS = names('VMUL', 'VNMUL', 'VADD', 'VSUB', 'VDIV', 'VMAXNM', 'VMINNM')
const FLOAT_MAC = names('VMLA', 'VMLS', 'VNMLA', 'VNMLS', 'VFMA', 'VFMS', 'VFNMA', 'VFNMS')

export const isConditionalBranch = (op: number) => op >= OP.BEQ && op <= OP.CBNZ
export const isFloatMac = (op: number) => FLOAT_MAC.has(op)

function unitOf(op: number): Unit {
  if (op >= FIRST_COLD || ALONE.has(op)) return 'alone'
  if (op === OP.VLDR) return 'load'
  if (op === OP.VSTR) return 'store'
  if (op >= FIRST_VFP) return 'float'
  if (MULTIPLY.has(op)) return 'multiply'
  if (BITS.has(op)) return 'bits'
  if (SHIFTED.has(op)) return 'shifted'
  if (SHIFT.has(op)) return 'shift'
  if (isLoad(op)) return 'load'
  if (isStore(op)) return 'store'
  return op >= OP.B && op <= OP.TBH ? 'branch' : 'alu'
}
/** By opcode. */
const UNITS: readonly Unit[] = OP_NAMES.map((_, op) => unitOf(op))

const SETS_FLAGS: readonly boolean[] = OP_NAMES.map((name, op) => COMPARE.has(op) || /S_(I|R|SHIFT)$|^MULS$/.test(name))
const WRITES_BASE: readonly boolean[] = OP_NAMES.map((name) => /_(POST|PRE)$/.test(name))
const HAS_INDEX: readonly boolean[] = OP_NAMES.map((name) => /^(LDR|STR).*_R$/.test(name))
const HAS_IMMEDIATE: readonly boolean[] = OP_NAMES.map((name) => name.endsWith('_I') || /^(MOV|MVN)S?_R$/.test(name))

/** The single-precision register of VLDR and VSTR. */
const transferred = ({ a, c }: Instruction) => 1 << (a | (c << 4))

export function effectsOf(instruction: Instruction, conditional: boolean): Effects {
  const { op } = instruction
  const effects: Effects = {
    unit: UNITS[op]!,
    ...{ address: 0, early: 0, late: 0, accumulated: 0, written: 0, result: RESULT.late, loaded: false, base: 0 },
    setsFlags: SETS_FLAGS[op]!,
    readsFlags: conditional || READS_CARRY.has(op),
    ...{ floatRead: 0, floatAccumulated: 0, floatStored: 0, floatWritten: 0, floatResult: 'sum' },
  }
  FILL[effects.unit](effects, instruction)
  return effects
}

function access(effects: Effects, { op, b, c }: Instruction): void {
  if (op === OP.LDR_LIT || b === 15) return
  effects.address = (1 << b) | (HAS_INDEX[op]! ? 1 << c : 0)
  if (WRITES_BASE[op]!) effects.base = 1 << b
}

const FILL: Record<Unit, (effects: Effects, instruction: Instruction) => void> = {
  alu(effects, { op, a, b, c }) {
    if (!COMPARE.has(op) && op !== OP.NOP && op !== OP.IT) effects.written = 1 << a
    if (op === OP.MOVT) effects.late = 1 << a
    else if (!NO_SOURCE.has(op)) effects.late = (1 << b) | (HAS_IMMEDIATE[op]! ? 0 : 1 << c)
    if (EARLY.has(op)) effects.result = RESULT.early
  },
  shift(effects, { op, a, b, c }) {
    effects.written = 1 << a
    effects.late = (1 << b) | (HAS_IMMEDIATE[op]! ? 0 : 1 << c)
    effects.result = RESULT.early
  },
  shifted(effects, { op, a, b, c, d }) {
    effects.written = 1 << a
    effects.early = 1 << c
    // MOV and MVN have no first operand (field d: 5 and 6).
    if (op === OP.ADD_LSL || (d !== 5 && d !== 6)) effects.late = 1 << b
  },
  bits(effects, { op, a, b, c }) {
    effects.written = 1 << a
    const second = TWO_OPERAND_BITS.has(op) ? 1 << c : 0
    if (!EARLY_BITS.has(op)) effects.late = (1 << b) | second
    else if (op === OP.PKHBT) [effects.early, effects.late] = [second, 1 << b]
    else if (op === OP.PKHTB) effects.early = (1 << b) | second
    else [effects.early, effects.late] = [1 << b, second]
    if (op === OP.BFI) effects.late |= 1 << a
  },
  multiply(effects, { op, a, b, c, d }) {
    effects.written = (1 << a) | (LONG.has(op) ? 1 << d : 0)
    effects.late = (1 << b) | (1 << c)
    effects.result = RESULT.product
    if (ACCUMULATE.has(op)) effects.accumulated = 1 << d
    if (LONG_ACCUMULATE.has(op)) effects.accumulated = (1 << a) | (1 << d)
  },
  load(effects, instruction) {
    access(effects, instruction)
    const { op, a } = instruction
    if (op === OP.VLDR) [effects.floatWritten, effects.floatResult] = [transferred(instruction), 'load']
    else effects.written = 1 << a
    effects.loaded = true
    effects.result = WORD_LOADS.has(op) ? RESULT.late : RESULT.narrow
  },
  store(effects, instruction) {
    // What is stored may come in the same cycle: no operand here.
    access(effects, instruction)
    if (instruction.op === OP.VSTR) effects.floatStored = transferred(instruction)
  },
  branch(effects, { op, b }) {
    if (op >= OP.CBZ && op <= OP.CBNZ) effects.late = 1 << b
    if (op === OP.BX || op === OP.BLX) effects.early = 1 << b
  },
  float(effects, { op, a, b, imm }) {
    // Of double precision no dependencies are looked at.
    if (op >= FIRST_DOUBLE) return
    const [d, n, m] = [1 << (imm & 31), 1 << ((imm >>> 5) & 31), 1 << ((imm >>> 10) & 31)]
    if (op === OP.VMOV_TO_CORE) {
      effects.floatRead = n
      effects.written = 1 << a
      effects.result = RESULT.product
      return
    }
    if (op === OP.VMOV_FROM_CORE) effects.late = 1 << a
    if (op === OP.VMOV_FROM_CORE || op === OP.VMOV_I || op === OP.VMOV) effects.floatResult = 'move'
    else if (isFloatMac(op)) effects.floatResult = 'mac'
    if (op === OP.VMOV_I) effects.floatWritten = 1 << (a | (b << 4))
    else effects.floatWritten = op === OP.VMOV_FROM_CORE ? n : op === OP.VCMP || op === OP.VCMP_ZERO ? 0 : d
    if (op === OP.VMOV_I || op === OP.VMOV_FROM_CORE) return
    effects.floatRead = isFloatMac(op) || FLOAT_TWO_OPERANDS.has(op) ? n | m : m
    if (op === OP.VCMP || op === OP.VCMP_ZERO) effects.floatRead |= d
    if (isFloatMac(op)) effects.floatAccumulated = d
  },
  alone(effects, { op, a, b, c, d, imm }) {
    if (op === OP.LDRD) effects.written = (1 << a) | (1 << c)
    if (op === OP.LDM) effects.written = imm & 0x7fff
    effects.loaded = effects.written !== 0
    if (effects.loaded || op === OP.STRD || op === OP.STM) {
      effects.address = 1 << b
      // d: bit 0 write-back
      if ((d & 1) !== 0) effects.base = 1 << b
    }
    if (op === OP.SDIV || op === OP.UDIV) {
      effects.written = 1 << a
      effects.late = (1 << b) | (1 << c)
    }
  },
}
