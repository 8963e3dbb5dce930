// Half precision, IEEE or (FPSCR.AHP) Arm's alternative without infinities and NaNs.

import { DEFAULT_NAN, FPSCR, isNan, isSignalling, roundToInteger, ROUND, type Fpu } from '../core/fpu.ts'

const alternative = (fpu: Fpu) => (fpu.fpscr & FPSCR.AHP) !== 0

/** Stores the single-precision value of a half-precision word in register d. */
export function fromHalf(fpu: Fpu, d: number, half: number): void {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const mantissa = half & 0x3ff
  if (exponent === 31 && !alternative(fpu)) {
    if (mantissa === 0) {
      fpu.f32[d] = sign * Infinity
      return
    }
    if ((mantissa & 0x200) === 0) fpu.raise(FPSCR.IOC)
    const kept = ((half & 0x8000) << 16) | 0x7fc00000 | (mantissa << 13)
    fpu.bits[d] = (fpu.fpscr & FPSCR.DN) !== 0 ? DEFAULT_NAN : kept
    return
  }
  fpu.f32[d] = exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** The half-precision word of register m, rounded as FPSCR says. */
export function toHalf(fpu: Fpu, m: number): number {
  const bits = fpu.bits[m]!
  const sign = (bits >>> 16) & 0x8000
  if (isNan(bits)) {
    if (isSignalling(bits) || alternative(fpu)) fpu.raise(FPSCR.IOC)
    if (alternative(fpu)) return sign
    if ((fpu.fpscr & FPSCR.DN) !== 0) return 0x7e00
    return sign | 0x7e00 | ((bits >>> 13) & 0x1ff)
  }
  const magnitude = Math.abs(fpu.operand(m))
  if (magnitude === Infinity && !alternative(fpu)) return sign | 0x7c00
  const largest = alternative(fpu) ? 131008 : 65504
  // One ulp at the exponent of the value, 2^-24 for denormals.
  const exponent = magnitude === 0 ? -14 : Math.max(-14, Math.floor(Math.log2(magnitude)))
  const ulp = 2 ** (exponent - 10)
  const mode = fpu.roundingMode
  const rounded = Math.abs(roundToInteger((sign ? -magnitude : magnitude) / ulp, mode)) * ulp
  if (rounded > largest) {
    if (alternative(fpu)) {
      fpu.raise(FPSCR.IOC)
      return sign | 0x7fff
    }
    fpu.raise(FPSCR.OFC | FPSCR.IXC)
    const toLargest = mode === ROUND.ZERO || mode === (sign ? ROUND.UP : ROUND.DOWN)
    return sign | (toLargest ? 0x7bff : 0x7c00)
  }
  if (rounded !== magnitude) fpu.raise(FPSCR.IXC | (magnitude < 2 ** -14 ? FPSCR.UFC : 0))
  if (rounded < 2 ** -14) return sign | (rounded * 2 ** 24)
  const top = Math.floor(Math.log2(rounded))
  return sign | ((top + 15) << 10) | ((rounded / 2 ** top - 1) * 1024)
}
