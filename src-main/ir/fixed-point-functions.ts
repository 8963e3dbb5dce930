// exp, reciprocal, logistic and tanh in fixed point.
// Source of steps and constants: gemmlowp's exp_on_negative_values, one_over_one_plus_x_for_x_in_0_1,
// one_minus_x_over_one_plus_x_for_x_in_0_1, logistic and tanh.

import { roundingDivideByPowerOfTwo, saturatingRoundingDoublingHighMul as mul } from './fixed-point.ts'

const INT32_MAX = 2147483647

/** exp(-2^k) in Q0.31 for k = -2..4. */
const EXP_FACTORS = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242] as const

/** exp(a) in Q0.31, of a <= 0 with so many integer bits. */
export function expOnNegativeValues(a: number, integerBits: 4 | 5): number {
  if (a === 0) return INT32_MAX
  const quarterBit = 31 - integerBits - 2
  const quarter = 1 << quarterBit
  const fraction = (a & (quarter - 1)) - quarter // in [-1/4, 0)
  let result = expBetweenMinusQuarterAndZero(fraction << integerBits)
  const remainder = (fraction - a) | 0
  EXP_FACTORS.slice(0, integerBits + 2).forEach((factor, k) => {
    if ((remainder & (quarter << k)) !== 0) result = mul(result, factor)
  })
  return result
}

const EXP_MINUS_EIGHTH = 1895147668
const ONE_THIRD = 715827883

/** exp(a) for a in [-1/4, 0), both Q0.31: a Taylor polynomial of degree 4 around -1/8. */
function expBetweenMinusQuarterAndZero(a: number): number {
  const x = (a + (1 << 28)) | 0
  const x2 = mul(x, x)
  const x3 = mul(x2, x)
  const quarterX4 = roundingDivideByPowerOfTwo(mul(x2, x2), 2)
  const tail = roundingDivideByPowerOfTwo((mul((quarterX4 + x3) | 0, ONE_THIRD) + x2) | 0, 1)
  return (EXP_MINUS_EIGHTH + mul(EXP_MINUS_EIGHTH, (x + tail) | 0)) | 0
}

const FORTY_EIGHT_SEVENTEENTHS = 1515870810 // Q2.29
const MINUS_THIRTY_TWO_SEVENTEENTHS = -1010580540 // Q2.29
const ONE = 1 << 29 // Q2.29

/** 2 / (1 + a) in Q2.29 for a in [0, 1] in Q0.31, by three Newton-Raphson steps on half of the denominator. */
function doubledReciprocalOfOnePlus(a: number): number {
  // (1 + a) / 2, rounded half up; 1 is the largest Q0.31
  const half = Math.floor((a + INT32_MAX + 1) / 2) | 0
  let x = (FORTY_EIGHT_SEVENTEENTHS + mul(half, MINUS_THIRTY_TWO_SEVENTEENTHS)) | 0
  for (let step = 0; step < 3; step++) {
    const error = (ONE - mul(half, x)) | 0 // 1 - half * x
    x = (x + saturatingShiftLeft(mul(x, error), 2)) | 0
  }
  return x
}

/** 1 / (1 + a), both Q0.31, for a in [0, 1]. */
export const reciprocalOfOnePlus = (a: number): number => saturatingShiftLeft(doubledReciprocalOfOnePlus(a), 1)

/** (1 - a) / (1 + a), both Q0.31, for a in [0, 1]. */
const oneMinusOverOnePlus = (a: number): number => saturatingShiftLeft((doubledReciprocalOfOnePlus(a) - ONE) | 0, 2)

/** 1 / (1 + exp(-a)) in Q0.31, of a in Q4.27. */
export function logistic(a: number): number {
  if (a === 0) return 1 << 30
  const positive = reciprocalOfOnePlus(expOnNegativeValues(-Math.abs(a), 4))
  return a > 0 ? positive : INT32_MAX - positive
}

/** tanh(a) in Q0.31, of a in Q4.27: (1 - e) / (1 + e) with e = exp(-2|a|), whose exponent is `a` itself seen as Q5.26. */
export function tanh(a: number): number {
  if (a === 0) return 0
  const magnitude = oneMinusOverOnePlus(expOnNegativeValues(-Math.abs(a), 5))
  return a > 0 ? magnitude : -magnitude
}

/** gemmlowp's SaturatingRoundingMultiplyByPOT for a positive exponent. */
function saturatingShiftLeft(x: number, exponent: number): number {
  const limit = 2 ** (31 - exponent) - 1
  return x > limit ? INT32_MAX : x < -limit ? -2147483648 : x << exponent
}
