// Conditions on the flags in their locals: n is negative for N, z is zero for Z, c and v are 0 or 1.

import { OP } from '../opcodes.ts'
import { LOCAL, type Body } from './body.ts'
import { W } from './wasm-encoder.ts'

export const ALWAYS = 14

const { N, Z, C, V } = LOCAL
const sign = (f: Body) => f.get(N).const(31).op(W.i32shru)

/** Those of even number; an odd one is the opposite of the one before. */
const EVEN: readonly ((f: Body) => void)[] = [
  (f) => f.get(Z).op(W.i32eqz),
  (f) => f.get(C),
  (f) => f.get(N).const(0).op(W.i32lts),
  (f) => f.get(V),
  (f) => f.get(C).get(Z).const(0).op(W.i32ne, W.i32and),
  (f) => sign(f).get(V).op(W.i32eq),
  (f) => sign(f).get(V).op(W.i32eq).get(Z).const(0).op(W.i32ne, W.i32and),
]

/** Pushes 1 where the condition holds, 0 where it does not. */
export function pushCondition(f: Body, condition: number): void {
  EVEN[condition >>> 1]!(f)
  if ((condition & 1) !== 0) f.op(W.i32eqz)
}

export const isConditionalBranch = (op: number) => op >= OP.BEQ && op <= OP.CBNZ

/** Pushes the condition of a branch. */
export function pushBranchCondition(f: Body, op: number, register: number): void {
  if (op === OP.CBZ) f.r(register).op(W.i32eqz)
  else if (op === OP.CBNZ) f.r(register).const(0).op(W.i32ne)
  else pushCondition(f, op - OP.BEQ)
}
