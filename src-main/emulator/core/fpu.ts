// State of the floating-point unit and the bit-level rules of FPv4-SP that JavaScript's numbers don't bring.
// Source: ARM DDI 0403 (Armv7-M ARM), A2.5 and B1.5.

import { STATE } from '../memory.ts'

export const FPSCR = {
  IOC: 1 << 0,
  DZC: 1 << 1,
  OFC: 1 << 2,
  UFC: 1 << 3,
  IXC: 1 << 4,
  IDC: 1 << 7,
  RMODE: 3 << 22,
  FZ: 1 << 24,
  DN: 1 << 25,
  AHP: 1 << 26,
} as const

/** Lazy state preservation. The middle bits tell what the interrupted code could do. */
export const FPCCR = {
  LSPACT: 1 << 0,
  USER: 1 << 1,
  THREAD: 1 << 3,
  HFRDY: 1 << 4,
  MMRDY: 1 << 5,
  BFRDY: 1 << 6,
  MONRDY: 1 << 8,
  LSPEN: 1 << 30,
  ASPEN: 0x80000000 | 0,
  SETTINGS: 0xc0000000 | 0,
  WRITABLE: 0xc000017b | 0,
} as const

/** How an instruction rounds: FPSCR.RMode's four modes by their numbers, and those that only FPv5's instructions have. */
export const ROUND = { NEAREST: 0, UP: 1, DOWN: 2, ZERO: 3, AWAY: 4, CURRENT: 5, CURRENT_EXACT: 6 } as const

/** single precision's: what is smaller before it is rounded is tiny */
const SMALLEST_NORMAL = 2 ** -126
const SMALLEST_NEGATIVE = -0x7fffffff
const OVERFLOW = 2 ** 128
const singles = new Float32Array(1)
const singleBits = new Int32Array(singles.buffer)

const WRITABLE = 0xf7c0009f | 0
export const DEFAULT_NAN = 0x7fc00000
const QUIET = 0x00400000

export class Fpu {
  readonly bits: Int32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
  /** FPDSCR: what a new floating-point context starts with */
  fpdscr = 0
  fpccr = 0
  fpcar = 0
  /** CPACR lets the current privilege use the unit, and a context exists: instructions may run at once */
  active = false
  readonly #state: Int32Array

  /** The registers and FPSCR live in the state that translated code shares. */
  constructor(state: Int32Array) {
    this.#state = state
    this.bits = state.subarray(STATE.S, STATE.S + 32)
    this.f32 = new Float32Array(state.buffer, this.bits.byteOffset, 32)
    this.f64 = new Float64Array(state.buffer, this.bits.byteOffset, 16)
  }

  get fpscr(): number {
    return this.#state[STATE.FPSCR]!
  }

  set fpscr(value: number) {
    this.#state[STATE.FPSCR] = value
  }

  reset(): void {
    this.bits.fill(0)
    this.fpscr = 0
    this.fpdscr = 0
    this.fpccr = 0xc0000000 | 0
    this.fpcar = 0
    this.active = false
  }

  writeFpscr(value: number): void {
    this.fpscr = value & WRITABLE
  }

  raise(flags: number): void {
    this.fpscr |= flags
  }

  /** An operand as a number, with denormals flushed when FZ says so. */
  operand(register: number): number {
    if ((this.fpscr & FPSCR.FZ) !== 0 && isDenormal(this.bits[register]!)) {
      this.raise(FPSCR.IDC)
      return this.bits[register]! < 0 ? -0 : 0
    }
    return this.f32[register]!
  }

  get roundingMode(): number {
    return (this.fpscr >>> 22) & 3
  }

  /**
   * Rounds a result to single precision and stores it. `exact` need not be exact: it may be any double that lies on
   * the same side of every single and of every midpoint of singles as the result does. Tininess is judged before rounding.
   */
  store(register: number, exact: number, mode = this.roundingMode): void {
    const magnitude = Math.abs(exact)
    const tiny = magnitude < SMALLEST_NORMAL && magnitude > 0
    if (tiny && (this.fpscr & FPSCR.FZ) !== 0) {
      this.raise(FPSCR.UFC)
      this.f32[register] = exact < 0 ? -0 : 0
      return
    }
    let rounded = Math.fround(exact)
    if (rounded !== exact && mode !== ROUND.NEAREST) rounded = directed(rounded, exact, mode)
    this.f32[register] = rounded
    if (rounded === exact) return
    this.raise(FPSCR.IXC)
    if (magnitude >= OVERFLOW || Math.abs(rounded) === Infinity) this.raise(FPSCR.OFC)
    else if (tiny) this.raise(FPSCR.UFC)
  }

  /** FPProcessNaNs: a signalling operand first, then the first quiet one; the default NaN where there is none. */
  storeNan(register: number, operands: readonly number[]): void {
    const signalling = operands.find((bits) => isNan(bits) && (bits & QUIET) === 0)
    const quiet = operands.find(isNan)
    if (signalling !== undefined || quiet === undefined) this.raise(FPSCR.IOC)
    const chosen = signalling ?? quiet
    const useDefault = chosen === undefined || (this.fpscr & FPSCR.DN) !== 0
    this.bits[register] = useDefault ? DEFAULT_NAN : chosen | QUIET
  }
}

/** The single on the side of `exact` that the mode asks for; `nearest` is one of the two beside it. */
function directed(nearest: number, exact: number, mode: number): number {
  const up = mode === ROUND.UP || (mode === ROUND.ZERO && exact < 0)
  if (up ? nearest >= exact : nearest <= exact) return nearest
  singles[0] = nearest
  if (nearest === 0) singleBits[0] = up ? 1 : SMALLEST_NEGATIVE
  else singleBits[0]! += nearest > 0 === up ? 1 : -1
  return singles[0]
}

/** Rounds to an integer; halves go to the even one in the first mode, away from zero in AWAY. */
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

/** n + m for `store`, with the sign that a sum of zero has in this mode. */
export const addForRounding = (n: number, m: number, mode: number) => fusedMultiplyAdd(n, 1, m, mode)

export const isNan = (bits: number) => (bits & 0x7fffffff) > 0x7f800000
export const isSignalling = (bits: number) => isNan(bits) && (bits & QUIET) === 0
const isDenormal = (bits: number) => (bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0

const scratch = new Float64Array(1)
const scratchWords = new Uint32Array(scratch.buffer)

/**
 * a * b + c for `store`, which rounds it once to single precision. The product of two singles is exact in double precision; the sum
 * is rounded to odd there (its error found by TwoSum), so that the second rounding sees every bit it needs
 * (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd").
 */
export function fusedMultiplyAdd(a: number, b: number, c: number, mode: number): number {
  const product = a * b
  const sum = product + c
  if (!Number.isFinite(sum)) return sum
  if (sum === 0) {
    const bothPositive = Object.is(product, 0) && Object.is(c, 0)
    return mode === ROUND.DOWN && !bothPositive ? -0 : sum
  }
  const back = sum - product
  const error = product - (sum - back) + (c - back)
  if (error === 0) return sum
  scratch[0] = sum
  if ((scratchWords[0]! & 1) === 0) {
    // The odd neighbour on the error's side: one step away from zero when both have the same sign.
    const step = error > 0 === sum > 0 ? 1n : -1n
    const words = (BigInt(scratchWords[1]!) << 32n) | BigInt(scratchWords[0]!)
    const odd = words + step
    scratchWords[0] = Number(odd & 0xffffffffn)
    scratchWords[1] = Number(odd >> 32n)
  }
  return scratch[0]
}
