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

const WRITABLE = 0xf7c0009f | 0
export const DEFAULT_NAN = 0x7fc00000
const QUIET = 0x00400000

export class Fpu {
  readonly bits: Int32Array
  readonly f32: Float32Array
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

  /** Rounds an exact (or double-rounded innocuously) result to single precision and stores it. */
  store(register: number, exact: number): void {
    const rounded = Math.fround(exact)
    this.f32[register] = rounded
    if (rounded === exact) return
    this.raise(FPSCR.IXC)
    if (rounded === Infinity || rounded === -Infinity) this.raise(FPSCR.OFC)
    else if (isDenormal(this.bits[register]!) || rounded === 0) {
      this.raise(FPSCR.UFC)
      if ((this.fpscr & FPSCR.FZ) !== 0) this.bits[register]! &= 0x80000000
    }
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

export const isNan = (bits: number) => (bits & 0x7fffffff) > 0x7f800000
export const isSignalling = (bits: number) => isNan(bits) && (bits & QUIET) === 0
const isDenormal = (bits: number) => (bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0

const scratch = new Float64Array(1)
const scratchWords = new Uint32Array(scratch.buffer)

/**
 * a * b + c rounded once to single precision. The product of two singles is exact in double precision; the sum
 * is rounded to odd there (its error found by TwoSum), so that the second rounding sees every bit it needs
 * (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd").
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b
  const sum = product + c
  if (!Number.isFinite(sum)) return sum
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
