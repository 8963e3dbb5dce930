// Flags in their locals, as arithmetic, logic and shifts leave them: n is negative for N, z is zero for Z.

import { LOCAL, type Body, type GuestInstruction } from './body.ts'
import { L0, T0, T1, type Emitter, type Operand } from './emitter.ts'
import { W } from './wasm-encoder.ts'

const { N, Z, C, V } = LOCAL

/** Sets N and Z by the word on the stack. */
export const setNZ = (f: Body) => f.tee(N).set(Z)

/** Immediates of logical instructions carry the carry that their rotation leaves: c is it plus one, 0 for none. */
export function immediateCarry(f: Body, { c }: GuestInstruction): void {
  if ((c & 3) !== 0) f.const((c & 3) - 1).set(C)
}

/** Logic with flags; carry only by an immediate. */
export const logicFlags =
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
export function addFlags(f: Body): void {
  f.get(T0).get(T1).op(W.i32add)
  setNZ(f)
  f.get(N).get(T0).op(W.i32ltu).set(C)
  overflowOfSum(f)
}

/** V = ((x ^ N) & (y ^ N)) >>> 31 */
function overflowOfSum(f: Body): void {
  f.get(T0).get(N).op(W.i32xor).get(T1).get(N).op(W.i32xor, W.i32and).const(31).op(W.i32shru).set(V)
}

export function subtractFlags(f: Body): void {
  f.get(T0).get(T1).op(W.i32sub)
  setNZ(f)
  f.get(T0).get(T1).op(W.i32geu).set(C)
  f.get(T0).get(T1).op(W.i32xor).get(T0).get(N).op(W.i32xor, W.i32and).const(31).op(W.i32shru).set(V)
}

/** x + y + carry with flags, in 64 bits. */
export function addCarryFlags(f: Body): void {
  f.get(T0).op(W.i64extendu).get(T1).op(W.i64extendu, W.i64add).get(C).op(W.i64extendu, W.i64add).tee(L0)
  f.op(W.i32wrap)
  setNZ(f)
  f.get(L0).const64(32).op(W.i64shru, W.i32wrap).set(C)
  overflowOfSum(f)
}

export const withFlags =
  (x: Operand, y: Operand, operation: (f: Body) => void, writes = true): Emitter =>
  (f, i) => {
    x(f, i)
    f.set(T0)
    y(f, i)
    f.set(T1)
    operation(f)
    if (writes) f.get(N).setR(i.a)
  }

/** Bit `position` of the word on the stack. */
export const bit = (f: Body, position: number) => f.const(position).op(W.i32shru).const(1).op(W.i32and)
