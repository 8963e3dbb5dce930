// FPv4-SP arithmetic on the register file. Source: ARM DDI 0403 (Armv7-M ARM), A2.5 and A7.7.
// Single-precision +, -, *, / and sqrt of a double-precision result rounded again are correctly rounded (53 >= 2 *
// 24 + 2 bits); a quotient or root that is no single is further from every single than a double's rounding error, so
// that the directed modes see on which side it lies.

import type { Core } from '../core/core.ts'
import { addForRounding, FPSCR, fusedMultiplyAdd, isSignalling, ROUND, type Fpu } from '../core/fpu.ts'
import { FIRST_DOUBLE, OP } from '../opcodes.ts'
import { executeDouble } from './double.ts'
import { maxNum, roundToIntegral, setComparison, toFixed } from './fpv5.ts'
import { fromHalf, toHalf } from './half.ts'

const SIGN = 0x80000000 | 0

/** Stores x, or the NaN that its operands' bits ask for. */
function finish(fpu: Fpu, d: number, exact: number, operands: readonly number[]): void {
  if (exact === exact) fpu.store(d, exact)
  else fpu.storeNan(d, operands)
}

function multiply(fpu: Fpu, d: number, n: number, m: number): void {
  const exact = fpu.operand(n) * fpu.operand(m)
  finish(fpu, d, exact, exact === exact ? [] : [fpu.bits[n]!, fpu.bits[m]!])
}

function add(fpu: Fpu, d: number, nBits: number, mBits: number, n: number, m: number): void {
  const sum = addForRounding(n, m, fpu.roundingMode)
  finish(fpu, d, sum, sum === sum ? [] : [nBits, mBits])
}

const product = new Int32Array(1)
const productFloat = new Float32Array(product.buffer)

/** VMLA and its relatives round the product first: d = ±d + ±(n * m). */
function multiplyAccumulate(fpu: Fpu, d: number, n: number, m: number, negateSum: boolean, negateProduct: boolean) {
  const before = fpu.bits[d]!
  const accumulator = fpu.operand(d)
  multiply(fpu, d, n, m)
  product[0] = fpu.bits[d]!
  if (negateProduct) product[0] ^= SIGN
  const signed = negateSum ? -accumulator : accumulator
  const signedBits = negateSum ? before ^ SIGN : before
  add(fpu, d, signedBits, product[0], signed, productFloat[0]!)
}

function fused(fpu: Fpu, d: number, n: number, m: number, negateSum: boolean, negateProduct: boolean): void {
  const x = negateProduct ? -fpu.operand(n) : fpu.operand(n)
  const y = fpu.operand(m)
  const z = negateSum ? -fpu.operand(d) : fpu.operand(d)
  const exact = fusedMultiplyAdd(x, y, z, fpu.roundingMode)
  if (exact === exact) {
    fpu.store(d, exact)
    return
  }
  // The addend comes first among NaNs, except that infinity times zero is invalid whatever the addend is.
  const operands = [fpu.bits[d]! ^ (negateSum ? SIGN : 0), fpu.bits[n]! ^ (negateProduct ? SIGN : 0), fpu.bits[m]!]
  const invalidProduct = (x === 0 && Math.abs(y) === Infinity) || (y === 0 && Math.abs(x) === Infinity)
  if (invalidProduct && !isSignalling(operands[0]!)) fpu.storeNan(d, [])
  else fpu.storeNan(d, operands)
}

function convertFixed(fpu: Fpu, op: number, d: number, variant: number, fraction: number): void {
  const signed = (variant & 1) !== 0
  const bits = variant & 2 ? 32 : 16
  if (op === OP.VCVT_TO_FIXED) {
    fpu.bits[d] = toFixed(fpu, fpu.operand(d), bits, signed, fraction, ROUND.ZERO)
    return
  }
  const word = fpu.bits[d]!
  const value = bits === 32 ? (signed ? word : word >>> 0) : signed ? (word << 16) >> 16 : word & 0xffff
  fpu.store(d, value / 2 ** fraction, ROUND.NEAREST)
}

function squareRoot(fpu: Fpu, d: number, m: number): void {
  const exact = Math.sqrt(fpu.operand(m))
  finish(fpu, d, exact, exact === exact ? [] : [fpu.bits[m]!])
}

function divide(fpu: Fpu, d: number, n: number, m: number): void {
  const dividend = fpu.operand(n)
  const divisor = fpu.operand(m)
  if (divisor === 0 && dividend !== 0 && Number.isFinite(dividend)) fpu.raise(FPSCR.DZC)
  const exact = dividend / divisor
  if (exact === exact) fpu.store(d, exact)
  else fpu.storeNan(d, [fpu.bits[n]!, fpu.bits[m]!])
}

export function executeVfp(core: Core, op: number, w: number, imm: number): void {
  const fpu = core.fpu
  if (op >= FIRST_DOUBLE) {
    executeDouble(fpu, op, w, imm)
    return
  }
  const { bits } = fpu
  const R = core.r
  const a = (w >>> 9) & 15
  const b = (w >>> 13) & 15
  const d = imm & 31
  const n = (imm >>> 5) & 31
  const m = (imm >>> 10) & 31
  switch (op) {
    case OP.VMLA:
      multiplyAccumulate(fpu, d, n, m, false, false)
      break
    case OP.VMLS:
      multiplyAccumulate(fpu, d, n, m, false, true)
      break
    case OP.VNMLA:
      multiplyAccumulate(fpu, d, n, m, true, true)
      break
    case OP.VNMLS:
      multiplyAccumulate(fpu, d, n, m, true, false)
      break
    case OP.VMUL:
      multiply(fpu, d, n, m)
      break
    case OP.VNMUL:
      multiply(fpu, d, n, m)
      // Negated after the product's NaNs are settled, but a NaN that came out has its sign turned as well.
      bits[d]! ^= SIGN
      break
    case OP.VADD:
      add(fpu, d, bits[n]!, bits[m]!, fpu.operand(n), fpu.operand(m))
      break
    case OP.VSUB:
      add(fpu, d, bits[n]!, bits[m]!, fpu.operand(n), -fpu.operand(m))
      break
    case OP.VDIV:
      divide(fpu, d, n, m)
      break
    case OP.VFMA:
      fused(fpu, d, n, m, false, false)
      break
    case OP.VFMS:
      fused(fpu, d, n, m, false, true)
      break
    case OP.VFNMA:
      fused(fpu, d, n, m, true, true)
      break
    case OP.VFNMS:
      fused(fpu, d, n, m, true, false)
      break
    case OP.VMOV_I:
      bits[a | (b << 4)] = imm
      break
    case OP.VMOV:
      bits[d] = bits[m]!
      break
    case OP.VABS:
      bits[d] = bits[m]! & ~SIGN
      break
    case OP.VNEG:
      bits[d] = bits[m]! ^ SIGN
      break
    case OP.VSQRT:
      squareRoot(fpu, d, m)
      break
    case OP.VCVTB_FROM_HALF:
      fromHalf(fpu, d, (bits[m]! >>> (16 * a)) & 0xffff)
      break
    case OP.VCVTB_TO_HALF:
      bits[d] = (bits[d]! & (a ? 0xffff : ~0xffff)) | (toHalf(fpu, m) << (16 * a))
      break
    case OP.VCMP:
      setComparison(fpu, fpu.operand(d), fpu.operand(m), a !== 0 || isSignalling(bits[d]!) || isSignalling(bits[m]!))
      break
    case OP.VCMP_ZERO:
      setComparison(fpu, fpu.operand(d), 0, a !== 0 || isSignalling(bits[d]!))
      break
    case OP.VCVT_TO_INT:
      bits[d] = toFixed(fpu, fpu.operand(m), 32, (a & 1) !== 0, 0, a & 2 ? ROUND.ZERO : fpu.roundingMode)
      break
    case OP.VCVT_FROM_INT:
      fpu.store(d, a ? bits[m]! : bits[m]! >>> 0)
      break
    case OP.VCVT_TO_FIXED:
    case OP.VCVT_FROM_FIXED:
      convertFixed(fpu, op, d, a, b | (((w >>> 17) & 15) << 4))
      break
    case OP.VMOV_TO_CORE:
      R[a] = bits[n]!
      break
    case OP.VMOV_FROM_CORE:
      bits[n] = R[a]!
      break
    case OP.VMOV_PAIR_TO_CORE:
      R[a] = bits[m]!
      R[b] = bits[m + 1]!
      break
    case OP.VMOV_PAIR_FROM_CORE:
      bits[m] = R[a]!
      bits[m + 1] = R[b]!
      break
    case OP.VMRS:
      R[a] = fpu.fpscr
      break
    case OP.VMSR:
      fpu.writeFpscr(R[a]!)
      break
    case OP.VMAXNM:
    case OP.VMINNM:
      maxNum(fpu, d, n, m, op === OP.VMINNM)
      break
    case OP.VRINT:
      roundToIntegral(fpu, d, m, a)
      break
    case OP.VCVT_DIRECTED:
      bits[d] = toFixed(fpu, fpu.operand(m), 32, b !== 0, 0, a)
      break
  }
}
