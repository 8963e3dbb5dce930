// Rules that both precisions share, and what FPv5 adds in single precision.
// Source: ARM DDI 0403E.e (Armv7-M ARM), A2.5: FPCompare, FPToFixed, FPMaxNum, FPMinNum, FPRoundInt.

import { FPSCR, isNan, isSignalling, ROUND, roundToInteger, type Fpu } from '../core/fpu.ts'

export const modeOf = (fpu: Fpu, mode: number) => (mode >= ROUND.CURRENT ? fpu.roundingMode : mode)

/** FPToFixed: saturates, and a NaN becomes 0. */
export function toFixed(
  fpu: Fpu,
  value: number,
  bits: number,
  signed: boolean,
  fraction: number,
  mode: number,
): number {
  if (value !== value) {
    fpu.raise(FPSCR.IOC)
    return 0
  }
  const scaled = value * 2 ** fraction
  const rounded = roundToInteger(scaled, mode)
  const top = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  const bottom = signed ? -(2 ** (bits - 1)) : 0
  if (rounded > top || rounded < bottom) {
    fpu.raise(FPSCR.IOC)
    return rounded > top ? top : bottom
  }
  if (rounded !== scaled) fpu.raise(FPSCR.IXC)
  return rounded
}

/** FPSCR's flags for n compared with m; `invalid` when a NaN among them is to be signalled. */
export function setComparison(fpu: Fpu, n: number, m: number, invalid: boolean): void {
  let flags: number
  if (n !== n || m !== m) {
    flags = 0x30000000
    if (invalid) fpu.raise(FPSCR.IOC)
  } else if (n === m) flags = 0x60000000
  else flags = n < m ? 0x80000000 | 0 : 0x20000000
  fpu.fpscr = (fpu.fpscr & 0x0fffffff) | flags
}

/** The greater (or lesser) of two numbers; zeros are told apart by sign, and a number wins over a quiet NaN. */
export function extreme(n: number, m: number, lesser: boolean): number {
  if (n !== n) return m
  if (m !== m) return n
  return lesser ? Math.min(n, m) : Math.max(n, m)
}

export function maxNum(fpu: Fpu, d: number, n: number, m: number, lesser: boolean): void {
  const { bits } = fpu
  const x = fpu.operand(n)
  const y = fpu.operand(m)
  const bothNan = isNan(bits[n]!) && isNan(bits[m]!)
  if (bothNan || isSignalling(bits[n]!) || isSignalling(bits[m]!)) fpu.storeNan(d, [bits[n]!, bits[m]!])
  else fpu.store(d, extreme(x, y, lesser))
}

export function roundToIntegral(fpu: Fpu, d: number, m: number, mode: number): void {
  const value = fpu.operand(m)
  if (value !== value) {
    fpu.storeNan(d, [fpu.bits[m]!])
    return
  }
  fpu.store(d, integral(fpu, value, mode))
}

/** A number rounded to an integer in its own format. */
export function integral(fpu: Fpu, value: number, mode: number): number {
  const rounded = Number.isFinite(value) ? roundToInteger(value, modeOf(fpu, mode)) : value
  if (rounded !== value && mode === ROUND.CURRENT_EXACT) fpu.raise(FPSCR.IXC)
  // A zero keeps the sign of what was rounded to it.
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded
}
