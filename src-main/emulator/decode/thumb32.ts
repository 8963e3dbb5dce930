// The 32-bit Thumb encodings but floating point; multiplication and DSP are in thumb32-dsp.ts.
// Source: ARM DDI 0403 (Armv7-M ARM), A5.3.

import { OP, type OpName } from '../opcodes.ts'
import { encoding, instruction as ins, signExtend, type Encoding, type Fields, type Instruction } from './pattern.ts'
import { conditionalBranch, hint, moveRegister } from './thumb16.ts'

const PC = 15

/** How S-setting immediates treat the carry: field c of MOVS_I, ANDS_I … */
const CARRY_KEPT = 0
const CARRY_CLEAR = 1
const CARRY_SET = 2

/** ThumbExpandImm_C: the constant and what it does to the carry. */
function expandImmediate(i12: number): { value: number; carry: number } {
  const byte = i12 & 0xff
  if (i12 >>> 10 === 0) {
    const value = [byte, (byte << 16) | byte, (byte << 24) | (byte << 8), byte * 0x01010101][(i12 >>> 8) & 3]! | 0
    return { value, carry: CARRY_KEPT }
  }
  const unrotated = 0x80 | (i12 & 0x7f)
  const rotation = i12 >>> 7
  const value = (unrotated >>> rotation) | (unrotated << (32 - rotation))
  return { value, carry: value < 0 ? CARRY_SET : CARRY_CLEAR }
}

/** Data processing of a register and a modified immediate: the inverted forms fold into their plain partners. */
function immediateOperation({ o, s, n, d, i }: Fields): Instruction | undefined {
  const { value, carry } = expandImmediate(i)
  const op = (plain: OpName, flags: OpName) => OP[s ? flags : plain]
  switch (o) {
    case 0:
      return d === PC && s ? ins(OP.TST_I, 0, n, carry, value) : ins(op('AND_I', 'ANDS_I'), d, n, carry, value)
    case 1:
      return ins(op('AND_I', 'ANDS_I'), d, n, carry, ~value)
    case 2:
      if (n === PC) return ins(op('MOV_I', 'MOVS_I'), d, 0, carry, value)
      return ins(op('ORR_I', 'ORRS_I'), d, n, carry, value)
    case 3:
      if (n === PC) return ins(op('MOV_I', 'MOVS_I'), d, 0, carry, ~value)
      return ins(op('ORR_I', 'ORRS_I'), d, n, carry, ~value)
    case 4:
      return d === PC && s ? ins(OP.TEQ_I, 0, n, carry, value) : ins(op('EOR_I', 'EORS_I'), d, n, carry, value)
    case 8:
      return d === PC && s ? ins(OP.CMN_I, 0, n, 0, value) : ins(op('ADD_I', 'ADDS_I'), d, n, 0, value)
    case 10:
      return ins(op('ADC_I', 'ADCS_I'), d, n, 0, value)
    case 11:
      return ins(op('ADC_I', 'ADCS_I'), d, n, 0, ~value)
    case 13:
      if (d === PC && s) return ins(OP.CMP_I, 0, n, 0, value)
      return s ? ins(OP.SUBS_I, d, n, 0, value) : ins(OP.ADD_I, d, n, 0, -value | 0)
    case 14:
      return ins(op('RSB_I', 'RSBS_I'), d, n, 0, value)
    default:
      return undefined
  }
}

/** Operations of DP_SHIFT and DPS_SHIFT, field d. */
export const SHIFTED = {
  AND: 0,
  BIC: 1,
  ORR: 2,
  ORN: 3,
  EOR: 4,
  ADD: 8,
  ADC: 10,
  SBC: 11,
  SUB: 13,
  RSB: 14,
  MOV: 5,
  MVN: 6,
} as const

/** Unshifted forms that have an opcode of their own: [without flags, with flags]. */
const UNSHIFTED: Readonly<Record<number, readonly [OpName, OpName]>> = {
  0: ['AND_R', 'ANDS_R'],
  1: ['BIC_R', 'BICS_R'],
  2: ['ORR_R', 'ORRS_R'],
  4: ['EOR_R', 'EORS_R'],
  8: ['ADD_R', 'ADDS_R'],
  10: ['ADC_R', 'ADCS_R'],
  11: ['SBC_R', 'SBCS_R'],
  13: ['SUB_R', 'SUBS_R'],
}

const SHIFTS_BY_IMMEDIATE: readonly (readonly [OpName, OpName])[] = [
  ['LSL_I', 'LSLS_I'],
  ['LSR_I', 'LSRS_I'],
  ['ASR_I', 'ASRS_I'],
]

/** Field d of a DPS_SHIFT whose result goes nowhere (TST, TEQ, CMN, CMP) has this bit. */
export const SHIFT_TYPE_RRX = 4

function shiftedOperation({ o, s, n, d, i, t, m }: Fields): Instruction | undefined {
  if (!(o in UNSHIFTED) && o !== 3 && o !== 14) return undefined
  // LSR and ASR by 0 mean 32, ROR by 0 is RRX
  const amount = i === 0 && (t === 1 || t === 2) ? 32 : i
  const type = t === 3 && i === 0 ? SHIFT_TYPE_RRX : t
  const plain = t === 0 && i === 0
  if (d === PC) {
    if (!s || (o !== 0 && o !== 4 && o !== 8 && o !== 13)) return undefined
    if (plain && o !== 4) return ins(o === 0 ? OP.TST_R : o === 8 ? OP.CMN_R : OP.CMP_R, 0, n, m)
    return ins(OP.DPS_SHIFT, PC, n, m, type | (amount << 8), o)
  }
  if (n === PC && (o === 2 || o === 3)) {
    if (plain && o === 2 && !s) return moveRegister(d, m)
    if (plain) return ins(o === 2 ? OP.MOVS_R : s ? OP.MVNS_R : OP.MVN_R, d, m)
    if (o === 2 && t < 3) return ins(OP[SHIFTS_BY_IMMEDIATE[t]![s]!], d, m, 0, amount)
    return ins(s ? OP.DPS_SHIFT : OP.DP_SHIFT, d, 0, m, type | (amount << 8), o === 2 ? SHIFTED.MOV : SHIFTED.MVN)
  }
  if (plain && o in UNSHIFTED) return ins(OP[UNSHIFTED[o]![s]!], d, n, m)
  if (o === 8 && !s && t === 0) return ins(OP.ADD_LSL, d, n, m, amount)
  return ins(s ? OP.DPS_SHIFT : OP.DP_SHIFT, d, n, m, type | (amount << 8), o)
}

/** Offset of B.W and BL: S, J1, J2 and imm21 put together. */
function longOffset({ s, j, k, i }: Fields): number {
  const i1 = ~(j ^ s) & 1
  const i2 = ~(k ^ s) & 1
  return signExtend((s << 23) | (i1 << 22) | (i2 << 21) | i, 24) * 2
}

/** Names of the loads and stores by [signed, size, load]. */
const ACCESS: Readonly<Record<string, string>> = {
  '000': 'STRB',
  '001': 'LDRB',
  '010': 'STRH',
  '011': 'LDRH',
  '020': 'STR',
  '021': 'LDR',
  '101': 'LDRSB',
  '111': 'LDRSH',
}

/** LDR_NARROW_LIT's field d. */
const NARROW: Readonly<Record<string, number>> = { LDRB: 0, LDRSB: 1, LDRH: 2, LDRSH: 3 }

/** LDR_PC's field d: how its address is formed. */
export const LDR_PC_FORM = { I: 0, R: 1, POST: 2, PRE: 3, LITERAL: 4 } as const

function access({ s, z, l, t, n }: Fields, form: keyof typeof LDR_PC_FORM, m: number, imm: number) {
  const name = ACCESS[`${s}${z}${l}`]
  if (name === undefined) return undefined
  if (t === PC) {
    // A load of a byte or halfword into the PC is a memory hint, PLD and PLI.
    if (name !== 'LDR') return l === 1 ? ins(OP.NOP) : undefined
    return ins(OP.LDR_PC, 0, n, m, imm, LDR_PC_FORM[form])
  }
  if (form === 'LITERAL') {
    if (l === 0) return undefined
    return name === 'LDR' ? ins(OP.LDR_LIT, t, 0, 0, imm) : ins(OP.LDR_NARROW_LIT, t, 0, 0, imm, NARROW[name])
  }
  return n === PC ? undefined : ins(OP[`${name}_${form}` as OpName], t, n, m, imm)
}

/** Field d of LDRT and STRT. */
export const UNPRIVILEGED_ACCESSES = ['LDR', 'LDRB', 'LDRSB', 'LDRH', 'LDRSH', 'STR', 'STRB', 'STRH'] as const

function unprivileged({ s, z, l, t, n, i }: Fields): Instruction | undefined {
  const name = UNPRIVILEGED_ACCESSES.findIndex((candidate) => candidate === ACCESS[`${s}${z}${l}`])
  if (name < 0 || n === PC || t === PC) return undefined
  return ins(l ? OP.LDRT : OP.STRT, t, n, 0, i, name)
}

const indexed = (fields: Fields) => {
  const { p, u, w, i } = fields
  if (!p && !w) return undefined
  if (p && u && !w) return unprivileged(fields)
  return access(fields, p ? (w ? 'PRE' : 'I') : 'POST', 0, u ? i : -i)
}

const dual = ({ p, u, w, n, t, s, i }: Fields, op: number) => {
  if (!p && !w) return undefined
  if (n === PC && (op === OP.STRD || w)) return undefined
  // imm carries the offset, d the indexing: bit 0 write-back, bit 1 post-index
  return ins(op, t, n, s, (u ? i : -i) * 4, w | (p ? 0 : 2))
}

const multiple = (op: number, n: number, w: number, list: number, before: number) =>
  list === 0 || n === PC ? undefined : ins(op, 0, n, 0, list, w | (before << 1))

export const THUMB32: readonly Encoding[] = [
  // load and store multiple
  encoding('1110100010 w 0 nnnn rrrrrrrrrrrrrrrr', ({ w, n, r }) => multiple(OP.STM, n, w, r, 0)),
  encoding('1110100010 w 1 nnnn rrrrrrrrrrrrrrrr', ({ w, n, r }) => multiple(OP.LDM, n, w, r, 0)),
  encoding('1110100100 w 0 nnnn rrrrrrrrrrrrrrrr', ({ w, n, r }) => multiple(OP.STM, n, w, r, 1)),
  encoding('1110100100 w 1 nnnn rrrrrrrrrrrrrrrr', ({ w, n, r }) => multiple(OP.LDM, n, w, r, 1)),
  // exclusives: field d is the size in bytes
  encoding('111010000100 nnnn tttt dddd iiiiiiii', ({ n, t, d, i }) => ins(OP.STREX, t, n, d, i * 4, 4)),
  encoding('111010000101 nnnn tttt 1111 iiiiiiii', ({ n, t, i }) => ins(OP.LDREX, t, n, 0, i * 4, 4)),
  encoding('111010001100 nnnn tttt 1111 010 z dddd', ({ n, t, d, z }) => ins(OP.STREX, t, n, d, 0, 1 << z)),
  encoding('111010001101 nnnn tttt 1111 010 z 1111', ({ n, t, z }) => ins(OP.LDREX, t, n, 0, 0, 1 << z)),
  encoding('111010001101 nnnn 11110000 0000 mmmm', ({ n, m }) => ins(OP.TBB, 0, n, m)),
  encoding('111010001101 nnnn 11110000 0001 mmmm', ({ n, m }) => ins(OP.TBH, 0, n, m)),
  encoding('1110100 p u 1 w 0 nnnn tttt ssss iiiiiiii', (f) => dual(f, OP.STRD)),
  encoding('1110100 p u 1 w 1 nnnn tttt ssss iiiiiiii', (f) => dual(f, OP.LDRD)),
  // data processing
  encoding('1110101 0110 0 nnnn 0 iii dddd ii 00 mmmm', ({ n, d, i, m }) => ins(OP.PKHBT, d, n, m, i)),
  encoding('1110101 0110 0 nnnn 0 iii dddd ii 10 mmmm', ({ n, d, i, m }) => ins(OP.PKHTB, d, n, m, i || 32)),
  encoding('1110101 oooo s nnnn 0 iii dddd ii tt mmmm', shiftedOperation),
  encoding('11110 i 0 oooo s nnnn 0 iii dddd iiiiiiii', immediateOperation),
  encoding('11110 i 100000 1111 0 iii dddd iiiiiiii', ({ d, i }) => ins(OP.ADR, d, 0, 0, i)),
  encoding('11110 i 101010 1111 0 iii dddd iiiiiiii', ({ d, i }) => ins(OP.ADR, d, 0, 0, -i)),
  encoding('11110 i 100000 nnnn 0 iii dddd iiiiiiii', ({ n, d, i }) => ins(OP.ADD_I, d, n, 0, i)),
  encoding('11110 i 101010 nnnn 0 iii dddd iiiiiiii', ({ n, d, i }) => ins(OP.ADD_I, d, n, 0, -i)),
  encoding('11110 i 100100 iiii 0 jjj dddd kkkkkkkk', ({ i, j, k, d }) =>
    ins(OP.MOV_I, d, 0, 0, ((i & 15) << 12) | ((i >>> 4) << 11) | (j << 8) | k),
  ),
  encoding('11110 i 101100 iiii 0 jjj dddd kkkkkkkk', ({ i, j, k, d }) =>
    ins(OP.MOVT, d, 0, 0, (((i & 15) << 12) | ((i >>> 4) << 11) | (j << 8) | k) << 16),
  ),
  encoding('111100110010 nnnn 0000 dddd 0000 wwww', ({ n, d, w }) => ins(OP.SSAT16, d, n, 0, w + 1)),
  encoding('111100111010 nnnn 0000 dddd 0000 wwww', ({ n, d, w }) => ins(OP.USAT16, d, n, 0, w)),
  // saturate: field c is 1 for ASR, d unused, imm = bits | shift << 8
  encoding('1111001100 s 0 nnnn 0 iii dddd ii 0 wwwww', ({ s, n, d, i, w }) =>
    ins(OP.SSAT, d, n, s, (w + 1) | (i << 8)),
  ),
  encoding('1111001110 s 0 nnnn 0 iii dddd ii 0 wwwww', ({ s, n, d, i, w }) => ins(OP.USAT, d, n, s, w | (i << 8))),
  // bit fields: imm = lowest bit | width << 8
  encoding('111100110100 nnnn 0 iii dddd ii 0 wwwww', ({ n, d, i, w }) => field(OP.SBFX, d, n, i, w + 1)),
  encoding('111100111100 nnnn 0 iii dddd ii 0 wwwww', ({ n, d, i, w }) => field(OP.UBFX, d, n, i, w + 1)),
  encoding('111100110110 nnnn 0 iii dddd ii 0 mmmmm', ({ n, d, i, m }) => field(OP.BFI, d, n, i, m - i + 1)),
  // branches and system
  encoding('11110011100 . nnnn 10.0 mm00 yyyyyyyy', ({ n, m, y }) => ins(OP.MSR, m, n, 0, y)),
  encoding('11110011111 . .... 10.0 dddd yyyyyyyy', ({ d, y }) => ins(OP.MRS, d, 0, 0, y)),
  encoding('111100111010 .... 10.0 .000 hhhhhhhh', ({ h }) => hint(h)),
  encoding('111100111011 .... 10.0 .... 0010 ....', () => ins(OP.CLREX)),
  encoding('111100111011 .... 10.0 .... 0100 ....', () => ins(OP.BARRIER)),
  encoding('111100111011 .... 10.0 .... 0101 ....', () => ins(OP.BARRIER)),
  encoding('111100111011 .... 10.0 .... 0110 ....', () => ins(OP.BARRIER)),
  encoding('11110 s cccc iiiiii 10 j 0 k iiiiiiiiiii', ({ s, c, i, j, k }) =>
    c >= 14 ? undefined : ins(conditionalBranch(c), 0, 0, 0, signExtend((s << 19) | (k << 18) | (j << 17) | i, 20) * 2),
  ),
  encoding('11110 s iiiiiiiiii 10 j 1 k iiiiiiiiiii', (f) => ins(OP.B, 0, 0, 0, longOffset(f))),
  encoding('11110 s iiiiiiiiii 11 j 1 k iiiiiiiiiii', (f) => ins(OP.BL, 0, 0, 0, longOffset(f))),
  // loads and stores: PC as the base is the literal form, whose bit 23 is the sign
  encoding('1111100 s u zz l 1111 tttt iiiiiiiiiiii', (f) => access(f, 'LITERAL', 0, f.u ? f.i : -f.i)),
  encoding('1111100 s 1 zz l nnnn tttt iiiiiiiiiiii', (f) => access(f, 'I', 0, f.i)),
  encoding('1111100 s 0 zz l nnnn tttt 1 p u w iiiiiiii', indexed),
  encoding('1111100 s 0 zz l nnnn tttt 000000 ii mmmm', (f) => access(f, 'R', f.m, f.i)),
]

function field(op: number, d: number, n: number, lowest: number, width: number): Instruction | undefined {
  return width < 1 || lowest + width > 32 ? undefined : ins(op, d, n, 0, lowest | (width << 8))
}
