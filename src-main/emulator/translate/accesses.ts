// Guest addresses to offsets in the shared memory, by the page maps and with the tests that the interpreter makes.

import { PAGE_BITS, PAGE_SIZE, STATE } from '../memory.ts'
import { LOCAL, type Body } from './body.ts'
import { waitForLoad, waitForStore } from './waits.ts'
import { ACCESS, W } from './wasm-encoder.ts'

/** Bits of an offset that must be clear: bit 31 is set where there is no memory, the others are misalignment. */
export const WORD_FAULT = 0x80000003 | 0
export const HALF_FAULT = 0x80000001 | 0
export const BYTE_FAULT = 0x80000000 | 0

const T0 = LOCAL.T
const T1 = LOCAL.T + 1
const THUMB = 1

/** Offset of the address in T0 by the page map at `map`, into a local. */
export function pageOffset(f: Body, map: number, into: number, mask = PAGE_SIZE - 1): Body {
  f.get(T0).const(PAGE_BITS).op(W.i32shru).const(2).op(W.i32shl).access(ACCESS.i32load, map)
  return f.get(T0).const(mask).op(W.i32and, W.i32or).set(into)
}

/** Offset of the address in T0 into T1; leaves the region where a load has to take the slow path. */
export function loadOffset(f: Body, fault: number): void {
  checkedOffset(f, f.memory.at.loads, fault)
  waitForLoad(f, T1)
}

export function storeOffset(f: Body, fault: number): void {
  checkedOffset(f, f.memory.at.stores, fault)
  waitForStore(f, T1)
}

function checkedOffset(f: Body, map: number, fault: number): void {
  pageOffset(f, map, T1)
  f.get(T1)
  if (fault === BYTE_FAULT) f.const(0).op(W.i32lts)
  else f.const(fault).op(W.i32and)
  f.leaveIf()
}

/** BX to the address in T0: sets NEXT and the base, or leaves the region where that is not so simple. */
export function exchange(f: Body): void {
  pageOffset(f, f.memory.at.fetches, LOCAL.NEXT, PAGE_SIZE - 1 - THUMB)
  f.get(LOCAL.NEXT).const(0).op(W.i32lts)
  f.get(T0).const(THUMB).op(W.i32and, W.i32eqz, W.i32or).leaveIf()
  f.setState(STATE.BASE, () => f.get(T0).const(~THUMB).op(W.i32and).get(LOCAL.NEXT).op(W.i32sub))
  f.get(LOCAL.NEXT).const(1).op(W.i32shru).set(LOCAL.NEXT)
}
