// FPv5 in single precision. Source: ARM DDI 0403E.e (Armv7-M ARM), A2.5: FPMaxNum, FPMinNum, FPRoundInt.

import { isNan, isSignalling, FPSCR, type Fpu } from '../core/fpu.ts'
import { ROUND } from '../decode/fpv5.ts'

/** Rounds to an integer; `mode` is one of ROUND's. */
export function roundToInteger(value: number, mode: number): number {
  if (mode === ROUND.UP) return Math.ceil(value)
  if (mode === ROUND.DOWN) return Math.floor(value)
  if (mode === ROUND.ZERO) return Math.trunc(value)
  if (mode === ROUND.AWAY) return Math.sign(value) * nearest(Math.abs(value), true)
  return nearest(value, false)
}

function nearest(value: number, tiesUp: boolean): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return tiesUp || floor % 2 !== 0 ? floor + 1 : floor
}

export const modeOf = (fpu: Fpu, mode: number) => (mode >= ROUND.CURRENT ? (fpu.fpscr >>> 22) & 3 : mode)

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
  const rounded = Number.isFinite(value) ? roundToInteger(value, modeOf(fpu, mode)) : value
  // A zero keeps the sign of what was rounded to it.
  fpu.store(d, rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded)
  if (rounded !== value && mode === ROUND.CURRENT_EXACT) fpu.raise(FPSCR.IXC)
}
