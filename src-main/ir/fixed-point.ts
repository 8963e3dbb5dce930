// The integer arithmetic of TensorFlow Lite's reference kernels in their double-rounding form, bit for bit.
// Source of the definitions: TFLite's quantization_util and gemmlowp's fixedpoint; the tests hold BigInt versions of them.

import { AppError } from '../base/errors.ts'

export interface QuantizedMultiplier {
  /** Q31: 0, or in [2^30, 2^31) */
  multiplier: number
  /** a power of two on top: positive shifts left, negative right */
  shift: number
}

/**
 * A real multiplier >= 0 as `multiplier * 2^(shift - 31)`.
 * Below about 2^-32 it becomes zero, as in TFLite. Throws MODEL_INVALID where the result does not fit the kernels' shift.
 */
export function quantizeMultiplier(real: number): QuantizedMultiplier {
  if (!Number.isFinite(real) || real < 0)
    throw new AppError('MODEL_INVALID', `A scale of ${real} can't be expressed as a fixed-point multiplier.`)
  if (real === 0) return { multiplier: 0, shift: 0 }
  let fraction = real
  let shift = 0
  for (; fraction >= 1; shift++) fraction /= 2
  for (; fraction < 0.5; shift--) fraction *= 2
  let multiplier = Math.round(fraction * 2147483648)
  if (multiplier === 2147483648) {
    multiplier /= 2
    shift++
  }
  if (shift < -31) return { multiplier: 0, shift: 0 }
  if (shift > 31) throw new AppError('MODEL_INVALID', `A scale factor of ${real} is beyond 31 bits of left shift.`)
  return { multiplier, shift }
}

/**
 * The high 32 bits of 2ab, rounded; ARM's VQRDMULH. a, b int32.
 *
 * gemmlowp adds 2^30 to a product >= 0 and 1 - 2^30 to a negative one, then divides by 2^31 towards zero. Both are
 * floor((ab + 2^30) / 2^31). The product has 62 bits, so it is taken in two halves of `a`, each exact in a double.
 */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  if (a === -2147483648 && b === -2147483648) return 2147483647
  const low = Math.floor(((a & 0xffff) * b + 1073741824) * 1.52587890625e-5) // 2^-16
  return Math.floor(((a >> 16) * b + low) * 3.0517578125e-5) | 0 // 2^-15
}

/** x / 2^exponent, rounded to nearest, ties away from zero. x int32, exponent 0..31. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  const mask = ((1 << exponent) - 1) | 0
  const threshold = (mask >> 1) + (x < 0 ? 1 : 0)
  return ((x >> exponent) + ((x & mask) > threshold ? 1 : 0)) | 0
}

/** x * multiplier * 2^(shift - 31), rounded twice; the left shift wraps at 32 bits as it does in C. */
export function multiplyByQuantizedMultiplier(x: number, multiplier: number, shift: number): number {
  return shift > 0
    ? saturatingRoundingDoublingHighMul(x << shift, multiplier)
    : roundingDivideByPowerOfTwo(saturatingRoundingDoublingHighMul(x, multiplier), -shift)
}

/** Ties go away from zero: C's round(), which TFLite uses for float values. */
export const roundHalfAwayFromZero = (x: number) => (x < 0 ? -Math.round(-x) : Math.round(x))
