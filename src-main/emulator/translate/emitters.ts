// What translated code does for each opcode: the counterpart of the interpreter's switch, one row an opcode. An emitter
// may leave the region (leaveIf) as long as it has changed nothing. Opcodes without a row are the interpreter's.

import { BRANCH_REFILL } from '../cycle-table.ts'
import { FIRST_DSP, FIRST_VFP, OP, OP_NAMES, type OpName } from '../opcodes.ts'
import { IMPORT, LOCAL, type Body, type GuestInstruction } from './body.ts'
import { VFP_EMITTERS } from './vfp-emitters.ts'
import { exchange, loadOffset, storeOffset, WORD_FAULT, HALF_FAULT, BYTE_FAULT, pageOffset } from './accesses.ts'
import { waitForLiteral, waitForLoad, waitForLoads, waitForStore, waitForStores } from './waits.ts'
import { ACCESS, W } from './wasm-encoder.ts'

export type Emitter = (f: Body, i: GuestInstruction) => void
type Operand = (f: Body, i: GuestInstruction) => void

const { N, Z, C, V, Q } = LOCAL
const T0 = LOCAL.T
const T1 = LOCAL.T + 1
const T2 = LOCAL.T + 2
const T3 = LOCAL.T + 3
const L0 = LOCAL.L
const LR = 14
const PC = 15

const rb: Operand = (f, { b }) => f.r(b)
const rc: Operand = (f, { c }) => f.r(c)
const imm: Operand = (f, { imm: value }) => f.const(value)
const not =
  (operand: Operand): Operand =>
  (f, i) => {
    operand(f, i)
    f.const(-1).op(W.i32xor)
  }

const setNZ = (f: Body) => f.tee(N).set(Z)

/** Immediates of logical instructions carry the carry that their rotation leaves: c is it plus one, 0 for none. */
function immediateCarry(f: Body, { c }: GuestInstruction): void {
  if ((c & 3) !== 0) f.const((c & 3) - 1).set(C)
}

const plain =
  (x: Operand, y: Operand, operation: number): Emitter =>
  (f, i) => {
    x(f, i)
    y(f, i)
    f.op(operation).setR(i.a)
  }

/** Logic with flags; carry only by an immediate. */
const logicFlags =
  (x: Operand, y: Operand, operation: number, { writes = true, carry = false } = {}): Emitter =>
  (f, i) => {
    x(f, i)
    y(f, i)
    f.op(operation).tee(T0)
    setNZ(f)
    if (writes) f.get(T0).setR(i.a)
    if (carry) immediateCarry(f, i)
  }

/** x + y with flags; operands in T0 and T1 when this starts, the sum in N when it ends. */
function addFlags(f: Body): void {
  f.get(T0).get(T1).op(W.i32add)
  setNZ(f)
  f.get(N).get(T0).op(W.i32ltu).set(C)
  overflowOfSum(f)
}

/** V = ((x ^ N) & (y ^ N)) >>> 31 */
function overflowOfSum(f: Body): void {
  f.get(T0).get(N).op(W.i32xor).get(T1).get(N).op(W.i32xor, W.i32and).const(31).op(W.i32shru).set(V)
}

function subtractFlags(f: Body): void {
  f.get(T0).get(T1).op(W.i32sub)
  setNZ(f)
  f.get(T0).get(T1).op(W.i32geu).set(C)
  f.get(T0).get(T1).op(W.i32xor).get(T0).get(N).op(W.i32xor, W.i32and).const(31).op(W.i32shru).set(V)
}

/** x + y + carry with flags, in 64 bits. */
function addCarryFlags(f: Body): void {
  f.get(T0).op(W.i64extendu).get(T1).op(W.i64extendu, W.i64add).get(C).op(W.i64extendu, W.i64add).tee(L0)
  f.op(W.i32wrap)
  setNZ(f)
  f.get(L0).const64(32).op(W.i64shru, W.i32wrap).set(C)
  overflowOfSum(f)
}

const withFlags =
  (x: Operand, y: Operand, operation: (f: Body) => void, writes = true): Emitter =>
  (f, i) => {
    x(f, i)
    f.set(T0)
    y(f, i)
    f.set(T1)
    operation(f)
    if (writes) f.get(N).setR(i.a)
  }

const plusCarry =
  (x: Operand, y: Operand): Emitter =>
  (f, i) => {
    x(f, i)
    y(f, i)
    f.op(W.i32add).get(C).op(W.i32add).setR(i.a)
  }

/** Bit `position` of the word on the stack. */
const bit = (f: Body, position: number) => f.const(position).op(W.i32shru).const(1).op(W.i32and)

const shiftLeft: Emitter = (f, { a, b, imm: by }) => f.r(b).const(by).op(W.i32shl).setR(a)
const shiftLeftFlags: Emitter = (f, { a, b, imm: by }) => {
  f.r(b).set(T0)
  bit(f.get(T0), (32 - by) & 31).set(C)
  setNZ(f.get(T0).const(by).op(W.i32shl))
  f.get(N).setR(a)
}
const shiftRight =
  (operation: number): Emitter =>
  (f, { a, b, imm: by }) => {
    shiftRightBy(f.r(b), operation, by)
    f.setR(a)
  }
const shiftRightFlags =
  (operation: number): Emitter =>
  (f, { a, b, imm: by }) => {
    f.r(b).set(T0)
    bit(f.get(T0), by - 1).set(C)
    shiftRightBy(f.get(T0), operation, by)
    setNZ(f)
    f.get(N).setR(a)
  }
/** The word on the stack shifted right by 1 to 32. */
function shiftRightBy(f: Body, operation: number, by: number): void {
  if (by === 32 && operation === W.i32shru) f.const(0).op(W.i32and)
  else f.const(by === 32 ? 31 : by).op(operation)
}

/** T0 shifted by T1 (0 to 255): LSL, LSR, ASR, ROR. */
function shiftByRegister(f: Body, type: number): void {
  if (type === 3) f.get(T0).get(T1).op(W.i32rotr)
  else if (type === 2) {
    f.get(T0).const(31).get(T1).get(T1).const(31).op(W.i32gtu, W.select, W.i32shrs)
  } else {
    f.const(0)
      .get(T0)
      .get(T1)
      .op(type === 0 ? W.i32shl : W.i32shru)
    f.get(T1).const(31).op(W.i32gtu, W.select)
  }
}

const shiftOperands: Emitter = (f, { b, c }) => f.r(b).set(T0).r(c).const(255).op(W.i32and).set(T1)

/** The carry of that shift where T1 is not 0. */
function shiftCarry(f: Body, type: number): void {
  if (type === 3) {
    bit(f.get(N), 31)
    return
  }
  if (type === 2) {
    f.get(T0).const(31).get(T1).const(1).op(W.i32sub).get(T1).const(32).op(W.i32gtu, W.select, W.i32shrs)
    f.const(1).op(W.i32and)
    return
  }
  f.const(0).get(T0)
  if (type === 0) f.const(32).get(T1).op(W.i32sub)
  else f.get(T1).const(1).op(W.i32sub)
  f.op(W.i32shru).const(1).op(W.i32and).get(T1).const(32).op(W.i32gtu, W.select)
}

const LSL = 0
const LSR = 1
const ASR = 2
const RRX = 4
const SHIFTED_LOGIC_END = 8

/** The shifted operand of data processing; imm = type | amount << 8. */
function shifted(f: Body, { c, imm: shift }: GuestInstruction): void {
  const type = shift & 255
  const by = shift >>> 8
  f.r(c)
  if (type === RRX) f.const(1).op(W.i32shru).get(C).const(31).op(W.i32shl, W.i32or)
  else if (type === LSL) f.const(by).op(W.i32shl)
  else if (type === LSR) shiftRightBy(f, W.i32shru, by)
  else if (type === ASR) shiftRightBy(f, W.i32shrs, by)
  else f.const(by).op(W.i32rotr)
}

/** x op y by field d, x and y in T0 and T1; the result stays on the stack. */
function shiftedOperation(f: Body, operation: number): void {
  const both = (...opcodes: number[]) =>
    f
      .get(T0)
      .get(T1)
      .op(...opcodes)
  switch (operation) {
    case 0:
      return void both(W.i32and)
    case 1:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32and)
    case 2:
      return void both(W.i32or)
    case 3:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32or)
    case 4:
      return void both(W.i32xor)
    case 5:
      return void f.get(T1)
    case 6:
      return void f.get(T1).const(-1).op(W.i32xor)
    case 8:
      return void both(W.i32add)
    case 10:
      return void both(W.i32add).get(C).op(W.i32add)
    case 11:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32add).get(C).op(W.i32add)
    case 13:
      return void both(W.i32sub)
    default:
      return void f.get(T1).get(T0).op(W.i32sub)
  }
}

function shiftedFlags(f: Body, i: GuestInstruction): void {
  const type = i.imm & 255
  const by = i.imm >>> 8
  f.r(i.b).set(T0)
  shifted(f, i)
  f.set(T1)
  if (i.d < SHIFTED_LOGIC_END) {
    if (!(type === LSL && by === 0)) {
      bit(f.r(i.c), type === RRX ? 0 : type === LSL ? (32 - by) & 31 : (by - 1) & 31).set(T2)
    }
    shiftedOperation(f, i.d)
    setNZ(f)
    if (!(type === LSL && by === 0)) f.get(T2).set(C)
  } else {
    // SUB, SBC and RSB are additions of a complement.
    if (i.d === 14) f.get(T0).const(-1).op(W.i32xor).set(T0)
    else if (i.d >= 11) f.get(T1).const(-1).op(W.i32xor).set(T1)
    if (i.d === 8) f.const(0).set(C)
    else if (i.d >= 13) f.const(1).set(C)
    addCarryFlags(f)
  }
  f.get(N).setR(i.a)
}

/** 64-bit product of registers b and c. */
const product = (f: Body, { b, c }: GuestInstruction, extend: number) => f.r(b).op(extend).r(c).op(extend, W.i64mul)

const longMultiply =
  (extend: number): Emitter =>
  (f, i) => {
    product(f, i, extend).set(L0)
    f.get(L0).op(W.i32wrap).setR(i.a)
    f.get(L0).const64(32).op(W.i64shru, W.i32wrap).setR(i.d)
  }
const longAccumulate =
  (extend: number): Emitter =>
  (f, i) => {
    // Both halves in one register: what comes out depends on the order of the interpreter's writes.
    if (i.a === i.d) f.leave()
    f.r(i.d).op(W.i64extendu).const64(32).op(W.i64shl).r(i.a).op(W.i64extendu, W.i64or)
    product(f, i, extend).op(W.i64add).set(L0)
    f.get(L0).op(W.i32wrap).setR(i.a)
    f.get(L0).const64(32).op(W.i64shru, W.i32wrap).setR(i.d)
  }

/** Cycles by the operands, as cycle-table.ts counts them; dividend and divisor without sign in T2 and T3. */
function divideCycles(f: Body): void {
  f.get(T3).op(W.i32clz).get(T2).op(W.i32clz, W.i32sub).const(1).op(W.i32add).tee(T2)
  f.const(0).op(W.i32les).if()
  f.else()
  f.get(LOCAL.LEFT).get(T2).const(10).op(W.i32mul).const(31).op(W.i32add).const(5).op(W.i32shrs)
  f.op(W.i32sub).set(LOCAL.LEFT)
  f.end()
}

const divide =
  (signed: boolean): Emitter =>
  (f, { a, b, c }) => {
    const magnitude = (from: number, to: number) => {
      if (signed) f.const(0).get(from).op(W.i32sub).get(from).get(from).const(0).op(W.i32lts, W.select).set(to)
      else f.get(from).set(to)
    }
    // Division by zero may trap: the interpreter knows.
    f.r(c).tee(T1).op(W.i32eqz).leaveIf()
    f.r(b).set(T0)
    magnitude(T0, T2)
    magnitude(T1, T3)
    if (signed) {
      f.get(T1).const(-1).op(W.i32eq).if()
      f.const(0).get(T0).op(W.i32sub).setR(a)
      f.else().get(T0).get(T1).op(W.i32divs).setR(a).end()
    } else f.get(T0).get(T1).op(W.i32divu).setR(a)
    divideCycles(f)
  }

const low16 = (f: Body, register: number) => f.r(register).op(W.i32extend16)
const high16 = (f: Body, register: number) => f.r(register).const(16).op(W.i32shrs)

/** The sum in L0 to register a, with Q where it does not fit a word. */
function saturatingWord(f: Body, a: number): void {
  f.get(L0).op(W.i32wrap).tee(T0).op(W.i64extends).get(L0).op(W.i64ne).get(Q).op(W.i32or).set(Q)
  f.get(T0).setR(a)
}

const dualMultiply = (f: Body, { b, c, d }: GuestInstruction) => {
  low16(f, b)
  low16(f, c).op(W.i32mul, W.i64extends)
  high16(f, b)
  high16(f, c).op(W.i32mul, W.i64extends, W.i64add)
  f.r(d).op(W.i64extends, W.i64add).set(L0)
}

const half = (f: Body, register: number, top: number) => (top ? high16(f, register) : low16(f, register))

const rotated = (f: Body, { b, imm: by }: GuestInstruction) => {
  f.r(b)
  if (by !== 0) f.const(by).op(W.i32rotr)
}

/** Two bytes of the word on the stack, sign-extended into halves. */
function bytesToHalves(f: Body): void {
  f.tee(T0).op(W.i32extend8).const(0xffff).op(W.i32and)
  f.get(T0).const(8).op(W.i32shl).const(24).op(W.i32shrs).const(16).op(W.i32shl, W.i32or)
}

/** Field d of EXTEND and EXTEND_ADD (decode/thumb32-dsp.ts); the pairwise ones are left to the interpreter's code. */
function extension(f: Body, kind: number): void {
  if (kind === 0) f.op(W.i32extend16)
  else if (kind === 1) f.const(0xffff).op(W.i32and)
  else if (kind === 4) f.op(W.i32extend8)
  else f.const(0xff).op(W.i32and)
}
const PAIRWISE = new Set([2, 3])

const extend: Emitter = (f, i) => {
  if (PAIRWISE.has(i.d)) return f.callInterpreter(IMPORT.DSP)
  rotated(f, i)
  extension(f, i.d)
  f.setR(i.a)
}
const extendAdd: Emitter = (f, i) => {
  if (PAIRWISE.has(i.d)) return f.callInterpreter(IMPORT.DSP)
  rotated(f, i)
  extension(f, i.d)
  f.r(i.c).op(W.i32add).setR(i.a)
}

/** SSAT and USAT: imm = bits | shift << 8, c is 1 for ASR. */
const saturate =
  (signed: boolean): Emitter =>
  (f, { a, b, c, imm: operands }) => {
    const bits = operands & 255
    const by = operands >>> 8
    const top = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
    const bottom = signed ? -(2 ** (bits - 1)) : 0
    f.r(b)
    if (by !== 0) f.const(by).op(c & 1 ? W.i32shrs : W.i32shl)
    f.tee(T0).const(top).get(T0).const(top).op(W.i32lts, W.select).set(T1)
    f.get(T1).const(bottom).get(T1).const(bottom).op(W.i32ges, W.select).tee(T1)
    f.get(T0).op(W.i32ne).get(Q).op(W.i32or).set(Q)
    f.get(T1).setR(a)
  }

const reverse: Emitter = (f, { a, b }) => {
  f.r(b)
    .const(8)
    .op(W.i32rotr)
    .const(0xff00ff00 | 0)
    .op(W.i32and)
  f.r(b).const(24).op(W.i32rotr).const(0x00ff00ff).op(W.i32and, W.i32or).setR(a)
}

type AddressForm = 'I' | 'R' | 'POST' | 'PRE'

/** Pushes the address of a load or store; the base plus the offset is what PRE writes back. */
function address(f: Body, { b, c, imm: offset }: GuestInstruction, form: AddressForm): void {
  f.r(b)
  if (form === 'R') {
    f.r(c)
    if (offset !== 0) f.const(offset).op(W.i32shl)
    f.op(W.i32add)
  } else if (form !== 'POST' && offset !== 0) f.const(offset).op(W.i32add)
}

/** The register that POST and PRE move; the address is in T0. */
function writeBack(f: Body, { b, imm: offset }: GuestInstruction, form: AddressForm): void {
  if (form === 'PRE') f.get(T0).setR(b)
  else if (form === 'POST') f.get(T0).const(offset).op(W.i32add).setR(b)
}

const FORMS = ['I', 'R', 'POST', 'PRE'] as const

function loads(name: string, opcode: number, fault: number): [string, Emitter][] {
  return FORMS.map((form) => [
    `${name}_${form}`,
    (f, i) => {
      address(f, i, form)
      f.set(T0)
      loadOffset(f, fault)
      writeBack(f, i, form)
      f.get(T1).access(opcode).setR(i.a)
    },
  ])
}

function stores(name: string, opcode: number, fault: number): [string, Emitter][] {
  return FORMS.map((form) => [
    `${name}_${form}`,
    (f, i) => {
      address(f, i, form)
      f.set(T0)
      storeOffset(f, fault)
      f.get(T1).r(i.a).access(opcode)
      writeBack(f, i, form)
    },
  ])
}

const literalAddress = (f: Body, offset: number) => (((f.address + 4) & ~3) + offset) | 0

const WRITE_BACK = 1
const POST_INDEX = 2
const DECREMENT_BEFORE = 2

/** LDRD and STRD: the two offsets go to T1 and T2; T3 is base + offset. */
function pair(f: Body, { b, d, imm: offset }: GuestInstruction, map: number): void {
  if (b === PC) f.const((f.address + 4) & ~3)
  else f.r(b)
  f.tee(T0).const(offset).op(W.i32add).set(T3)
  if ((d & POST_INDEX) === 0) f.get(T3).set(T0)
  pageOffset(f, map, T1)
  f.get(T0).const(4).op(W.i32add).set(T0)
  pageOffset(f, map, T2)
  f.get(T1).get(T2).op(W.i32or).const(WORD_FAULT).op(W.i32and).leaveIf()
}

/** LDM and STM: the offset of the first word goes to T1, its address to T3. */
function multiple(f: Body, { b, d, imm: list }: GuestInstruction, map: number): void {
  const size = (list >>> 16) << 2
  f.r(b)
  if ((d & DECREMENT_BEFORE) !== 0) f.const(size).op(W.i32sub)
  f.tee(T3).set(T0)
  pageOffset(f, map, T1)
  f.get(T3)
    .const(size - 4)
    .op(W.i32add)
    .set(T0)
  pageOffset(f, map, T2)
  f.get(T1).get(T2).op(W.i32or).const(WORD_FAULT).op(W.i32and)
  f.get(T2)
    .get(T1)
    .op(W.i32sub)
    .const(size - 4)
    .op(W.i32ne, W.i32or)
    .leaveIf()
}
const multipleWriteBack = (f: Body, { b, d, imm: list }: GuestInstruction) => {
  if ((d & WRITE_BACK) === 0) return
  f.get(T3)
  if ((d & DECREMENT_BEFORE) === 0) f.const((list >>> 16) << 2).op(W.i32add)
  f.setR(b)
}
const listed = (list: number) => Array.from({ length: 15 }, (_, register) => register).filter((r) => (list >>> r) & 1)

/** Table branches: the entry on the stack is in halfwords from the next instruction. */
function tableBranch(f: Body, { index }: GuestInstruction): void {
  f.const(index + 2)
    .op(W.i32add)
    .set(LOCAL.NEXT)
    .settle(true)
    .leaveSettled()
}
const tableAddress = (f: Body, { b, c }: GuestInstruction, shift: number) => {
  if (b === PC) f.const(f.address + 4)
  else f.r(b)
  f.r(c)
  if (shift !== 0) f.const(shift).op(W.i32shl)
  f.op(W.i32add).set(T0)
}

const returnAddress = (f: Body, { index, length }: GuestInstruction) => (2 * (index + length) + f.base) | 1

const ROWS: Partial<Record<OpName, Emitter>> = {
  MOV_I: (f, { a, imm: value }) => f.const(value).setR(a),
  MOVS_I: (f, i) => {
    f.const(i.imm)
    setNZ(f)
    f.const(i.imm).setR(i.a)
    immediateCarry(f, i)
  },
  MOVT: (f, { a, imm: value }) => f.r(a).const(0xffff).op(W.i32and).const(value).op(W.i32or).setR(a),
  MOV_R: (f, { a, b }) => f.r(b).setR(a),
  MOVS_R: (f, { a, b }) => setNZ(f.r(b).teeR(a)),
  MVN_R: (f, { a, b }) => f.r(b).const(-1).op(W.i32xor).setR(a),
  MVNS_R: (f, { a, b }) => setNZ(f.r(b).const(-1).op(W.i32xor).teeR(a)),

  ADD_I: plain(rb, imm, W.i32add),
  ADDS_I: withFlags(rb, imm, addFlags),
  ADD_R: plain(rb, rc, W.i32add),
  ADDS_R: withFlags(rb, rc, addFlags),
  SUB_R: plain(rb, rc, W.i32sub),
  SUBS_I: withFlags(rb, imm, subtractFlags),
  SUBS_R: withFlags(rb, rc, subtractFlags),
  ADC_I: plusCarry(rb, imm),
  ADCS_I: withFlags(rb, imm, addCarryFlags),
  ADC_R: plusCarry(rb, rc),
  ADCS_R: withFlags(rb, rc, addCarryFlags),
  SBC_R: plusCarry(rb, not(rc)),
  SBCS_R: withFlags(rb, not(rc), addCarryFlags),
  RSB_I: plain(imm, rb, W.i32sub),
  RSBS_I: withFlags(imm, rb, subtractFlags),
  CMP_I: withFlags(rb, imm, subtractFlags, false),
  CMP_R: withFlags(rb, rc, subtractFlags, false),
  CMN_I: withFlags(rb, imm, addFlags, false),
  CMN_R: withFlags(rb, rc, addFlags, false),

  AND_I: plain(rb, imm, W.i32and),
  ANDS_I: logicFlags(rb, imm, W.i32and, { carry: true }),
  AND_R: plain(rb, rc, W.i32and),
  ANDS_R: logicFlags(rb, rc, W.i32and),
  ORR_I: plain(rb, imm, W.i32or),
  ORRS_I: logicFlags(rb, imm, W.i32or, { carry: true }),
  ORR_R: plain(rb, rc, W.i32or),
  ORRS_R: logicFlags(rb, rc, W.i32or),
  EOR_I: plain(rb, imm, W.i32xor),
  EORS_I: logicFlags(rb, imm, W.i32xor, { carry: true }),
  EOR_R: plain(rb, rc, W.i32xor),
  EORS_R: logicFlags(rb, rc, W.i32xor),
  BIC_R: plain(rb, not(rc), W.i32and),
  BICS_R: logicFlags(rb, not(rc), W.i32and),
  TST_I: logicFlags(rb, imm, W.i32and, { writes: false, carry: true }),
  TST_R: logicFlags(rb, rc, W.i32and, { writes: false }),
  TEQ_I: logicFlags(rb, imm, W.i32xor, { writes: false, carry: true }),

  LSL_I: shiftLeft,
  LSLS_I: shiftLeftFlags,
  LSR_I: shiftRight(W.i32shru),
  LSRS_I: shiftRightFlags(W.i32shru),
  ASR_I: shiftRight(W.i32shrs),
  ASRS_I: shiftRightFlags(W.i32shrs),
  SHIFT_R: (f, i) => {
    shiftOperands(f, i)
    shiftByRegister(f, i.imm)
    f.setR(i.a)
  },
  SHIFTS_R: (f, i) => {
    shiftOperands(f, i)
    shiftByRegister(f, i.imm)
    setNZ(f)
    shiftCarry(f, i.imm)
    f.get(C).get(T1).op(W.select).set(C)
    f.get(N).setR(i.a)
  },
  DP_SHIFT: (f, i) => {
    f.r(i.b).set(T0)
    shifted(f, i)
    f.set(T1)
    shiftedOperation(f, i.d)
    f.setR(i.a)
  },
  DPS_SHIFT: shiftedFlags,
  ADD_LSL: (f, { a, b, c, imm: by }) => f.r(b).r(c).const(by).op(W.i32shl, W.i32add).setR(a),
  ADR: (f, { a, imm: offset }) => f.const(literalAddress(f, offset)).setR(a),

  MUL: plain(rb, rc, W.i32mul),
  MULS: (f, { a, b, c }) => setNZ(f.r(b).r(c).op(W.i32mul).teeR(a)),
  MLA: (f, { a, b, c, d }) => f.r(b).r(c).op(W.i32mul).r(d).op(W.i32add).setR(a),
  MLS: (f, { a, b, c, d }) => f.r(d).r(b).r(c).op(W.i32mul, W.i32sub).setR(a),
  UMULL: longMultiply(W.i64extendu),
  SMULL: longMultiply(W.i64extends),
  UMLAL: longAccumulate(W.i64extendu),
  SMLAL: longAccumulate(W.i64extends),
  SDIV: divide(true),
  UDIV: divide(false),
  SMLAD: (f, i) => {
    dualMultiply(f, i)
    saturatingWord(f, i.a)
  },
  SXTB16: (f, i) => {
    rotated(f, i)
    bytesToHalves(f)
    f.setR(i.a)
  },
  SXTB: (f, { a, b }) => f.r(b).op(W.i32extend8).setR(a),
  SXTH: (f, { a, b }) => f.r(b).op(W.i32extend16).setR(a),
  UXTB: (f, { a, b }) => f.r(b).const(0xff).op(W.i32and).setR(a),
  UXTH: (f, { a, b }) => f.r(b).const(0xffff).op(W.i32and).setR(a),
  CLZ: (f, { a, b }) => f.r(b).op(W.i32clz).setR(a),
  UBFX: (f, { a, b, imm: field }) => bitField(f.r(b), field, W.i32shru).setR(a),
  SBFX: (f, { a, b, imm: field }) => bitField(f.r(b), field, W.i32shrs).setR(a),
  BFI: (f, { a, b, imm: field }) => {
    const mask = (0xffffffff >>> (32 - (field >>> 8))) << (field & 255)
    f.r(a).const(~mask).op(W.i32and)
    if (b !== PC) {
      f.r(b)
        .const(field & 255)
        .op(W.i32shl)
        .const(mask)
        .op(W.i32and, W.i32or)
    }
    f.setR(a)
  },

  BL: (f, i) => {
    f.const(returnAddress(f, i)).setR(LR)
    f.settle(true).const(i.imm).set(LOCAL.NEXT).leaveSettled()
  },
  BX: (f, { b }) => {
    f.r(b).set(T0)
    exchange(f)
    f.settle(true).leaveSettled()
  },
  BLX: (f, i) => {
    f.r(i.b).set(T0)
    exchange(f)
    f.const(returnAddress(f, i)).setR(LR)
    f.settle(true).leaveSettled()
  },
  TBB: (f, i) => {
    tableAddress(f, i, 0)
    loadOffset(f, BYTE_FAULT)
    f.get(T1).access(ACCESS.i32load8u)
    tableBranch(f, i)
  },
  TBH: (f, i) => {
    tableAddress(f, i, 1)
    loadOffset(f, HALF_FAULT)
    f.get(T1).access(ACCESS.i32load16u)
    tableBranch(f, i)
  },
  NOP: () => undefined,
  IT: () => undefined,

  ...Object.fromEntries([
    ...loads('LDR', ACCESS.i32load, WORD_FAULT),
    ...loads('LDRB', ACCESS.i32load8u, BYTE_FAULT),
    ...loads('LDRSB', ACCESS.i32load8s, BYTE_FAULT),
    ...loads('LDRH', ACCESS.i32load16u, HALF_FAULT),
    ...loads('LDRSH', ACCESS.i32load16s, HALF_FAULT),
    ...stores('STR', ACCESS.i32store, WORD_FAULT),
    ...stores('STRB', ACCESS.i32store8, BYTE_FAULT),
    ...stores('STRH', ACCESS.i32store16, HALF_FAULT),
  ]),
  LDR_LIT: (f, { a, imm: offset }) => {
    const at = f.memory.offsetOf(literalAddress(f, offset) >>> 0)
    if ((at & WORD_FAULT) !== 0) f.leave()
    else {
      waitForLiteral(f, at)
      f.const(0).access(ACCESS.i32load, at).setR(a)
    }
  },
  LDRD: (f, i) => {
    pair(f, i, f.memory.at.loads)
    waitForLoad(f, T1)
    waitForLoad(f, T2)
    f.get(T1).access(ACCESS.i32load).set(T1)
    f.get(T2).access(ACCESS.i32load).set(T2)
    if ((i.d & WRITE_BACK) !== 0) f.get(T3).setR(i.b)
    f.get(T2).setR(i.c)
    f.get(T1).setR(i.a)
  },
  STRD: (f, i) => {
    pair(f, i, f.memory.at.stores)
    waitForStore(f, T1)
    waitForStore(f, T2)
    f.get(T1).r(i.a).access(ACCESS.i32store)
    f.get(T2).r(i.c).access(ACCESS.i32store)
    if ((i.d & WRITE_BACK) !== 0) f.get(T3).setR(i.b)
  },
  LDM: (f, i) => {
    const toPc = (i.imm & 0x8000) !== 0
    multiple(f, i, f.memory.at.loads)
    if (toPc) {
      f.get(T2).access(ACCESS.i32load).set(T0)
      exchange(f)
    }
    waitForLoads(f, T1, i.imm >>> 16)
    listed(i.imm).forEach((register, at) =>
      f
        .get(T1)
        .access(ACCESS.i32load, 4 * at)
        .setR(register),
    )
    multipleWriteBack(f, i)
    if (toPc) f.settle(true, BRANCH_REFILL).leaveSettled()
  },
  STM: (f, i) => {
    multiple(f, i, f.memory.at.stores)
    waitForStores(f, T1, i.imm >>> 16)
    listed(i.imm).forEach((register, at) =>
      f
        .get(T1)
        .r(register)
        .access(ACCESS.i32store, 4 * at),
    )
    multipleWriteBack(f, i)
  },

  EXTEND: extend,
  EXTEND_ADD: extendAdd,
  REV: reverse,
  SSAT: saturate(true),
  USAT: saturate(false),
  SMUL_XY: (f, { a, b, c, imm: halves }) => {
    half(f, b, halves & 2)
    half(f, c, halves & 1)
      .op(W.i32mul)
      .setR(a)
  },
  SMLA_XY: (f, { a, b, c, d, imm: halves }) => {
    half(f, b, halves & 2)
    half(f, c, halves & 1).op(W.i32mul, W.i64extends)
    f.r(d).op(W.i64extends, W.i64add).set(L0)
    saturatingWord(f, a)
  },
  PKHBT: (f, { a, b, c, imm: by }) => {
    f.r(b).const(0xffff).op(W.i32and)
    f.r(c).const(by).op(W.i32shl).const(~0xffff).op(W.i32and, W.i32or).setR(a)
  },
  PKHTB: (f, { a, b, c, imm: by }) => {
    f.r(b).const(~0xffff).op(W.i32and)
    f.r(c)
      .const(by === 32 ? 31 : by)
      .op(W.i32shrs)
      .const(0xffff)
      .op(W.i32and, W.i32or)
      .setR(a)
  },
  SMMUL: (f, i) => {
    product(f, i, W.i64extends)
    if (i.imm) f.const64(1).const64(31).op(W.i64shl, W.i64add)
    f.const64(32).op(W.i64shrs, W.i32wrap).setR(i.a)
  },
  ...VFP_EMITTERS,
}

/** imm = lowest bit | width << 8 */
function bitField(f: Body, field: number, shift: number): Body {
  const width = field >>> 8
  f.const((32 - (field & 255) - width) & 31).op(W.i32shl)
  f.const((32 - width) & 31).op(shift)
  return f
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
