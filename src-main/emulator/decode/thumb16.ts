// The 16-bit Thumb encodings. Source: ARM DDI 0403 (Armv7-M ARM), A5.2.

import { OP, type OpName } from '../opcodes.ts'
import { encoding, instruction as ins, signExtend, type Encoding } from './pattern.ts'

const SP = 13
const LR = 14
const PC = 15

const pick = (flags: boolean, withFlags: OpName, without: OpName) => OP[flags ? withFlags : without]

/** B to BLE in the order of their condition codes. */
const CONDITIONAL_BRANCHES: readonly OpName[] = [
  'BEQ',
  'BNE',
  'BCS',
  'BCC',
  'BMI',
  'BPL',
  'BVS',
  'BVC',
  'BHI',
  'BLS',
  'BGE',
  'BLT',
  'BGT',
  'BLE',
]

export const conditionalBranch = (condition: number) => OP[CONDITIONAL_BRANCHES[condition]!]

/** The two-operand group 010000: how each forms its instruction from Rdn and Rm. */
const TWO_OPERAND: readonly ((d: number, m: number, f: boolean) => ReturnType<typeof ins>)[] = [
  (d, m, f) => ins(pick(f, 'ANDS_R', 'AND_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'EORS_R', 'EOR_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'SHIFTS_R', 'SHIFT_R'), d, d, m, 0),
  (d, m, f) => ins(pick(f, 'SHIFTS_R', 'SHIFT_R'), d, d, m, 1),
  (d, m, f) => ins(pick(f, 'SHIFTS_R', 'SHIFT_R'), d, d, m, 2),
  (d, m, f) => ins(pick(f, 'ADCS_R', 'ADC_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'SBCS_R', 'SBC_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'SHIFTS_R', 'SHIFT_R'), d, d, m, 3),
  (d, m) => ins(OP.TST_R, 0, d, m),
  (d, m, f) => ins(pick(f, 'RSBS_I', 'RSB_I'), d, m, 0, 0),
  (d, m) => ins(OP.CMP_R, 0, d, m),
  (d, m) => ins(OP.CMN_R, 0, d, m),
  (d, m, f) => ins(pick(f, 'ORRS_R', 'ORR_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'MULS', 'MUL'), d, m, d),
  (d, m, f) => ins(pick(f, 'BICS_R', 'BIC_R'), d, d, m),
  (d, m, f) => ins(pick(f, 'MVNS_R', 'MVN_R'), d, m),
]

const REGISTER_OFFSET: readonly OpName[] = [
  'STR_R',
  'STRH_R',
  'STRB_R',
  'LDRSB_R',
  'LDR_R',
  'LDRH_R',
  'LDRB_R',
  'LDRSH_R',
]

const HINTS: readonly OpName[] = ['NOP', 'NOP', 'WFE', 'WFI', 'SEV']
export const hint = (number: number) => ins(OP[HINTS[number] ?? 'NOP'])

/** MOV of any two registers: three of them have a meaning of their own. */
export function moveRegister(d: number, m: number) {
  if (m === PC) return d === PC ? undefined : ins(OP.READ_PC, d)
  if (d === PC) return ins(OP.MOV_PC, 0, m)
  return d === SP ? ins(OP.MOV_SP, 0, m) : ins(OP.MOV_R, d, m)
}

function addHighRegister(d: number, m: number) {
  if (d === PC) return m === PC ? undefined : ins(OP.ADD_PC, 0, m)
  return m === PC ? ins(OP.ADD_FROM_PC, d) : ins(OP.ADD_R, d, d, m)
}

export const THUMB16: readonly Encoding[] = [
  encoding('00000 00000 mmm ddd', ({ d, m }, f) => ins(pick(f, 'MOVS_R', 'MOV_R'), d, m)),
  encoding('00000 iiiii mmm ddd', ({ d, m, i }, f) => ins(pick(f, 'LSLS_I', 'LSL_I'), d, m, 0, i)),
  encoding('00001 iiiii mmm ddd', ({ d, m, i }, f) => ins(pick(f, 'LSRS_I', 'LSR_I'), d, m, 0, i || 32)),
  encoding('00010 iiiii mmm ddd', ({ d, m, i }, f) => ins(pick(f, 'ASRS_I', 'ASR_I'), d, m, 0, i || 32)),
  encoding('0001100 mmm nnn ddd', ({ d, n, m }, f) => ins(pick(f, 'ADDS_R', 'ADD_R'), d, n, m)),
  encoding('0001101 mmm nnn ddd', ({ d, n, m }, f) => ins(pick(f, 'SUBS_R', 'SUB_R'), d, n, m)),
  encoding('0001110 iii nnn ddd', ({ d, n, i }, f) => ins(pick(f, 'ADDS_I', 'ADD_I'), d, n, 0, i)),
  encoding('0001111 iii nnn ddd', ({ d, n, i }, f) => (f ? ins(OP.SUBS_I, d, n, 0, i) : ins(OP.ADD_I, d, n, 0, -i))),
  encoding('00100 ddd iiiiiiii', ({ d, i }, f) => ins(pick(f, 'MOVS_I', 'MOV_I'), d, 0, 0, i)),
  encoding('00101 nnn iiiiiiii', ({ n, i }) => ins(OP.CMP_I, 0, n, 0, i)),
  encoding('00110 ddd iiiiiiii', ({ d, i }, f) => ins(pick(f, 'ADDS_I', 'ADD_I'), d, d, 0, i)),
  encoding('00111 ddd iiiiiiii', ({ d, i }, f) => (f ? ins(OP.SUBS_I, d, d, 0, i) : ins(OP.ADD_I, d, d, 0, -i))),
  encoding('010000 oooo mmm ddd', ({ o, d, m }, f) => TWO_OPERAND[o]!(d, m, f)),
  encoding('01000100 d mmmm ddd', ({ d, m }) => addHighRegister(d, m)),
  encoding('01000101 n mmmm nnn', ({ n, m }) => ins(OP.CMP_R, 0, n, m)),
  encoding('01000110 d mmmm ddd', ({ d, m }) => moveRegister(d, m)),
  encoding('010001110 mmmm ...', ({ m }) => (m === PC ? undefined : ins(OP.BX, 0, m))),
  encoding('010001111 mmmm ...', ({ m }) => (m === PC ? undefined : ins(OP.BLX, 0, m))),
  encoding('01001 ttt iiiiiiii', ({ t, i }) => ins(OP.LDR_LIT, t, 0, 0, i * 4)),
  encoding('0101 ooo mmm nnn ttt', ({ o, t, n, m }) => ins(OP[REGISTER_OFFSET[o]!], t, n, m, 0)),
  encoding('01100 iiiii nnn ttt', ({ t, n, i }) => ins(OP.STR_I, t, n, 0, i * 4)),
  encoding('01101 iiiii nnn ttt', ({ t, n, i }) => ins(OP.LDR_I, t, n, 0, i * 4)),
  encoding('01110 iiiii nnn ttt', ({ t, n, i }) => ins(OP.STRB_I, t, n, 0, i)),
  encoding('01111 iiiii nnn ttt', ({ t, n, i }) => ins(OP.LDRB_I, t, n, 0, i)),
  encoding('10000 iiiii nnn ttt', ({ t, n, i }) => ins(OP.STRH_I, t, n, 0, i * 2)),
  encoding('10001 iiiii nnn ttt', ({ t, n, i }) => ins(OP.LDRH_I, t, n, 0, i * 2)),
  encoding('10010 ttt iiiiiiii', ({ t, i }) => ins(OP.STR_I, t, SP, 0, i * 4)),
  encoding('10011 ttt iiiiiiii', ({ t, i }) => ins(OP.LDR_I, t, SP, 0, i * 4)),
  encoding('10100 ddd iiiiiiii', ({ d, i }) => ins(OP.ADR, d, 0, 0, i * 4)),
  encoding('10101 ddd iiiiiiii', ({ d, i }) => ins(OP.ADD_I, d, SP, 0, i * 4)),
  encoding('10110000 0 iiiiiii', ({ i }) => ins(OP.ADD_I, SP, SP, 0, i * 4)),
  encoding('10110000 1 iiiiiii', ({ i }) => ins(OP.ADD_I, SP, SP, 0, -i * 4)),
  encoding('101100 i 1 iiiii nnn', ({ n, i }) => ins(OP.CBZ, 0, n, 0, i * 2)),
  encoding('101110 i 1 iiiii nnn', ({ n, i }) => ins(OP.CBNZ, 0, n, 0, i * 2)),
  encoding('1011001000 mmm ddd', ({ d, m }) => ins(OP.SXTH, d, m)),
  encoding('1011001001 mmm ddd', ({ d, m }) => ins(OP.SXTB, d, m)),
  encoding('1011001010 mmm ddd', ({ d, m }) => ins(OP.UXTH, d, m)),
  encoding('1011001011 mmm ddd', ({ d, m }) => ins(OP.UXTB, d, m)),
  // PUSH is STMDB sp!, POP is LDMIA sp!: d holds 1 for write-back and 2 for decrement-before
  encoding('1011010 m rrrrrrrr', ({ m, r }) => (r | m ? ins(OP.STM, 0, SP, 0, r | (m << LR), 3) : undefined)),
  encoding('1011110 p rrrrrrrr', ({ p, r }) => (r | p ? ins(OP.LDM, 0, SP, 0, r | (p << PC), 1) : undefined)),
  encoding('10110110011 d 00 i f', ({ d, i, f }) => ins(OP.CPS, d, i, f)),
  encoding('1011101000 mmm ddd', ({ d, m }) => ins(OP.REV, d, m)),
  encoding('1011101001 mmm ddd', ({ d, m }) => ins(OP.REV16, d, m)),
  encoding('1011101011 mmm ddd', ({ d, m }) => ins(OP.REVSH, d, m)),
  encoding('10111110 iiiiiiii', ({ i }) => ins(OP.BKPT, 0, 0, 0, i)),
  encoding('10111111 oooo 0000', ({ o }) => hint(o)),
  encoding('10111111 iiiiiiii', ({ i }) => (i >>> 4 === 15 ? undefined : ins(OP.IT, 0, 0, 0, i))),
  encoding('11000 nnn rrrrrrrr', ({ n, r }) => (r ? ins(OP.STM, 0, n, 0, r, 1) : undefined)),
  encoding('11001 nnn rrrrrrrr', ({ n, r }) => (r ? ins(OP.LDM, 0, n, 0, r, (r >>> n) & 1 ? 0 : 1) : undefined)),
  encoding('11011111 iiiiiiii', ({ i }) => ins(OP.SVC, 0, 0, 0, i)),
  // condition 14 is UDF
  encoding('1101 cccc iiiiiiii', ({ c, i }) =>
    c === 14 ? undefined : ins(conditionalBranch(c), 0, 0, 0, signExtend(i, 8) * 2),
  ),
  encoding('11100 iiiiiiiiiii', ({ i }) => ins(OP.B, 0, 0, 0, signExtend(i, 11) * 2)),
]
