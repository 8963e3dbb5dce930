// Exact arithmetic on doubles, for the flags that JavaScript does not show and for sums that it would round twice.
// A finite number is mantissa * 2^exponent.

import { FPSCR, ROUND, type Fpu } from '../core/fpu.ts'

export interface Exact {
  mantissa: bigint
  exponent: number
}

const PRECISION = 53
const LOWEST_EXPONENT = -1074
const SMALLEST_NORMAL_EXPONENT = -1022
const FRACTION_BITS = 52n
const FRACTION = (1n << FRACTION_BITS) - 1n

const scratch = new DataView(new ArrayBuffer(8))

/** `value` is finite. */
export function exactly(value: number): Exact {
  scratch.setFloat64(0, value)
  const bits = scratch.getBigUint64(0)
  const biased = Number((bits >> FRACTION_BITS) & 0x7ffn)
  const fraction = bits & FRACTION
  const magnitude = biased === 0 ? fraction : fraction | (1n << FRACTION_BITS)
  return { mantissa: bits >> 63n ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 }
}

export function sum(x: Exact, y: Exact): Exact {
  const exponent = Math.min(x.exponent, y.exponent)
  const aligned = ({ mantissa, exponent: own }: Exact) => mantissa << BigInt(own - exponent)
  return { mantissa: aligned(x) + aligned(y), exponent }
}

export const product = (x: Exact, y: Exact): Exact => ({
  mantissa: x.mantissa * y.mantissa,
  exponent: x.exponent + y.exponent,
})

/** Enough bits of x / y to round it right: the last one says whether anything follows. */
export function quotient(x: Exact, y: Exact): Exact {
  const extra = 2 * PRECISION + 4
  const dividend = x.mantissa << BigInt(extra)
  const whole = dividend / y.mantissa
  const rest = dividend % y.mantissa !== 0n
  const sign = dividend < 0n !== y.mantissa < 0n ? -1n : 1n
  return { mantissa: whole * 2n + (rest ? sign : 0n), exponent: x.exponent - y.exponent - extra - 1 }
}

/** Rounds to a double as FPSCR says, and raises what the result deserves. Not for zero. */
export function rounded(fpu: Fpu, { mantissa, exponent }: Exact): number {
  const sign = mantissa < 0n ? -1 : 1
  const magnitude = mantissa < 0n ? -mantissa : mantissa
  const length = magnitude.toString(2).length
  const tiny = length - 1 + exponent < SMALLEST_NORMAL_EXPONENT
  if (tiny && (fpu.fpscr & FPSCR.FZ) !== 0) {
    fpu.raise(FPSCR.UFC)
    return sign * 0
  }
  const drop = Math.max(length - PRECISION, LOWEST_EXPONENT - exponent)
  if (drop <= 0) return sign * scale(magnitude, exponent)
  const kept = magnitude >> BigInt(drop)
  const rest = magnitude - (kept << BigInt(drop))
  const half = 1n << BigInt(drop - 1)
  const up = roundsAway(fpu.roundingMode, sign, { rest, half, odd: (kept & 1n) === 1n })
  const result = scale(up ? kept + 1n : kept, exponent + drop)
  if (result === Infinity) {
    fpu.raise(FPSCR.OFC | FPSCR.IXC)
    // A mode that leads toward zero ends at the largest number.
    const outward = roundsAway(fpu.roundingMode, sign, { rest: 1n, half: 1n, odd: true })
    return sign * (outward ? Infinity : Number.MAX_VALUE)
  } else if (rest !== 0n) fpu.raise(FPSCR.IXC | (tiny ? FPSCR.UFC : 0))
  return sign * result
}

/** Whether what is dropped makes the magnitude one larger. `half` is half of the last kept bit's worth. */
function roundsAway(mode: number, sign: number, { rest, half, odd }: { rest: bigint; half: bigint; odd: boolean }) {
  if (mode === ROUND.NEAREST) return rest > half || (rest === half && odd)
  return rest !== 0n && ((mode === ROUND.UP && sign > 0) || (mode === ROUND.DOWN && sign < 0))
}

/** The next double above or below; `value` is finite and not zero. */
export function neighbour(value: number, up: boolean): number {
  scratch.setFloat64(0, value)
  scratch.setBigInt64(0, scratch.getBigInt64(0) + (value > 0 === up ? 1n : -1n))
  return scratch.getFloat64(0)
}

/** In two steps, as 2^exponent alone may be out of range. */
function scale(mantissa: bigint, exponent: number): number {
  const step = Math.trunc(exponent / 2)
  return Number(mantissa) * 2 ** step * 2 ** (exponent - step)
}
