// Loads and stores of words and parts, of pairs and of many registers.

import { BRANCH_REFILL } from '../cycle-table.ts'
import type { Body, GuestInstruction } from './body.ts'
import { BYTE_FAULT, exchange, HALF_FAULT, loadOffset, pageOffset, storeOffset, WORD_FAULT } from './accesses.ts'
import { literalAddress, PC, T0, T1, T2, T3, type Emitter, type EmitterTable } from './emitter.ts'
import { waitForLiteral, waitForLoad, waitForLoads, waitForStore, waitForStores } from './waits.ts'
import { ACCESS, W } from './wasm-encoder.ts'

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

export const MEMORY_EMITTERS: EmitterTable = {
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
    const at = f.memory.loadOffset(literalAddress(f, offset) >>> 0)
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
}
