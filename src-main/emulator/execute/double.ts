// FPv5's double precision. Source: ARM DDI 0403E.e (Armv7-M ARM), A2.5 and A7.7. JavaScript's +, -, *, / and sqrt give the
// results rounded to nearest; the flags, and the results in FPSCR's other rounding modes, come from exact arithmetic. To
// nearest it is left out when inexactness is on record already.

import { FPSCR, Fpu, isSignalling, ROUND } from '../core/fpu.ts'
import { STATE_WORDS } from '../memory.ts'
import { OP } from '../opcodes.ts'
import { exactly, neighbour, product, quotient, rounded, sum, type Exact } from './exact-double.ts'
import { extreme, integral, modeOf, setComparison, toFixed } from './fpv5.ts'
import { fromHalf, toHalf } from './half.ts'

/** A register's content: what it is as a number, and its bits, where NaNs keep what they carry. */
interface Double {
  value: number
  high: number
  low: number
}

const SIGN = 0x80000000 | 0
const QUIET = 0x00080000
const DEFAULT_NAN: Double = { value: NaN, high: 0x7ff80000, low: 0 }
/** Results between these are normal numbers whatever was rounded. */
const [SAFE_LOW, SAFE_HIGH] = [2 ** -1000, 2 ** 1000]

const scratch = new Float64Array(1)
const scratchWords = new Int32Array(scratch.buffer)

function ofNumber(value: number): Double {
  scratch[0] = value
  return { value, high: scratchWords[1]!, low: scratchWords[0]! }
}

const raw = (fpu: Fpu, register: number): Double => ({
  value: fpu.f64[register]!,
  high: fpu.bits[2 * register + 1]!,
  low: fpu.bits[2 * register]!,
})

/** An operand, with denormals flushed when FZ says so. */
function operand(fpu: Fpu, register: number): Double {
  const found = raw(fpu, register)
  const denormal = (found.high & 0x7ff00000) === 0 && found.value !== 0
  if (!denormal || (fpu.fpscr & FPSCR.FZ) === 0) return found
  fpu.raise(FPSCR.IDC)
  return ofNumber(found.high < 0 ? -0 : 0)
}

function put(fpu: Fpu, register: number, { high, low }: Double): void {
  fpu.bits[2 * register] = low
  fpu.bits[2 * register + 1] = high
}

const negated = ({ value, high, low }: Double): Double => ({ value: -value, high: high ^ SIGN, low })
const isNan = ({ value }: Double) => value !== value
const signals = (x: Double) => isNan(x) && (x.high & QUIET) === 0

/** FPProcessNaNs: a signalling operand first, then the first quiet one; the default NaN where there is none. */
function nanOf(fpu: Fpu, operands: readonly Double[]): Double {
  const signalling = operands.find(signals)
  const chosen = signalling ?? operands.find(isNan)
  if (signalling !== undefined || chosen === undefined) fpu.raise(FPSCR.IOC)
  if (chosen === undefined || (fpu.fpscr & FPSCR.DN) !== 0) return DEFAULT_NAN
  return { ...chosen, high: chosen.high | QUIET }
}

/** `value` is what JavaScript says, `exact` what it is before rounding, when that is asked for. */
function finish(fpu: Fpu, value: number, operands: readonly Double[], exact: () => Exact): Double {
  if (value !== value) return nanOf(fpu, operands)
  const finite = operands.every((one) => Number.isFinite(one.value))
  const size = Math.abs(value)
  const settled = (fpu.fpscr & FPSCR.IXC) !== 0 && fpu.roundingMode === ROUND.NEAREST
  if (!finite || (settled && size > SAFE_LOW && size < SAFE_HIGH)) return ofNumber(value)
  const result = exact()
  return ofNumber(result.mantissa === 0n ? value : rounded(fpu, result))
}

const add = (fpu: Fpu, x: Double, y: Double): Double =>
  finish(fpu, sumOrZero(fpu, x.value, y.value), [x, y], () => sum(exactly(x.value), exactly(y.value)))

/** A sum of zero that is not that of two positive zeros is negative when rounding goes down. */
function sumOrZero(fpu: Fpu, x: number, y: number): number {
  const positive = Object.is(x, 0) && Object.is(y, 0)
  return x + y === 0 && fpu.roundingMode === ROUND.DOWN && !positive ? -0 : x + y
}

const multiply = (fpu: Fpu, x: Double, y: Double): Double =>
  finish(fpu, x.value * y.value, [x, y], () => product(exactly(x.value), exactly(y.value)))

function divide(fpu: Fpu, x: Double, y: Double): Double {
  const value = x.value / y.value
  if (y.value === 0 && value === value) {
    if (Number.isFinite(x.value)) fpu.raise(FPSCR.DZC)
    return ofNumber(value)
  }
  return finish(fpu, value, [x, y], () => quotient(exactly(x.value), exactly(y.value)))
}

function squareRoot(fpu: Fpu, x: Double): Double {
  const root = Math.sqrt(x.value)
  if (root !== root) return nanOf(fpu, [x])
  if (root !== 0 && root !== Infinity) {
    const square = product(exactly(root), exactly(root))
    const excess = sum(square, exactly(-x.value)).mantissa
    if (excess !== 0n) fpu.raise(FPSCR.IXC)
    const mode = fpu.roundingMode
    if (excess < 0n && mode === ROUND.UP) return ofNumber(neighbour(root, true))
    if (excess > 0n && (mode === ROUND.DOWN || mode === ROUND.ZERO)) return ofNumber(neighbour(root, false))
  }
  return ofNumber(root)
}

/** x * y + addend, rounded once. */
function fused(fpu: Fpu, addend: Double, x: Double, y: Double): Double {
  const operands = [addend, x, y]
  if (operands.every((one) => Number.isFinite(one.value))) {
    const exactProduct = product(exactly(x.value), exactly(y.value))
    const exact = sum(exactProduct, exactly(addend.value))
    if (exact.mantissa !== 0n) return ofNumber(rounded(fpu, exact))
    // Two numbers that cancel out are like two zeros of different signs.
    const term = exactProduct.mantissa === 0n ? x.value * y.value : 0
    return ofNumber(sumOrZero(fpu, term, exactProduct.mantissa === 0n ? addend.value : -0))
  }
  const infinite = (one: Double) => Math.abs(one.value) === Infinity
  const invalidProduct = (x.value === 0 && infinite(y)) || (y.value === 0 && infinite(x))
  // Infinity times zero is invalid whatever the addend is, unless that signals.
  if (invalidProduct && !signals(addend)) return nanOf(fpu, [])
  if (operands.some(isNan)) return nanOf(fpu, operands)
  const value = infinite(x) || infinite(y) ? x.value * y.value + addend.value : addend.value
  return value === value ? ofNumber(value) : nanOf(fpu, [])
}

/** VMLA and its relatives round the product first: d = ±d + ±(n * m). */
function accumulate(fpu: Fpu, d: number, x: Double, y: Double, negateSum: boolean, negateProduct: boolean): Double {
  const before = operand(fpu, d)
  const term = multiply(fpu, x, y)
  return add(fpu, negateSum ? negated(before) : before, negateProduct ? negated(term) : term)
}

function fusedInto(fpu: Fpu, d: number, x: Double, y: Double, negateSum: boolean, negateProduct: boolean): Double {
  const before = operand(fpu, d)
  return fused(fpu, negateSum ? negated(before) : before, negateProduct ? negated(x) : x, y)
}

/** Operations on registers n and m (and d), by opcode. */
const BINARY: Readonly<Record<number, (fpu: Fpu, x: Double, y: Double, d: number) => Double>> = {
  [OP.VMLA_D]: (fpu, x, y, d) => accumulate(fpu, d, x, y, false, false),
  [OP.VMLS_D]: (fpu, x, y, d) => accumulate(fpu, d, x, y, false, true),
  [OP.VNMLA_D]: (fpu, x, y, d) => accumulate(fpu, d, x, y, true, true),
  [OP.VNMLS_D]: (fpu, x, y, d) => accumulate(fpu, d, x, y, true, false),
  [OP.VMUL_D]: multiply,
  [OP.VNMUL_D]: (fpu, x, y) => negated(multiply(fpu, x, y)),
  [OP.VADD_D]: add,
  [OP.VSUB_D]: (fpu, x, y) => {
    // A NaN keeps its own sign.
    const difference = x.value - y.value
    return difference === difference ? add(fpu, x, negated(y)) : nanOf(fpu, [x, y])
  },
  [OP.VDIV_D]: divide,
  [OP.VFMA_D]: (fpu, x, y, d) => fusedInto(fpu, d, x, y, false, false),
  [OP.VFMS_D]: (fpu, x, y, d) => fusedInto(fpu, d, x, y, false, true),
  [OP.VFNMA_D]: (fpu, x, y, d) => fusedInto(fpu, d, x, y, true, true),
  [OP.VFNMS_D]: (fpu, x, y, d) => fusedInto(fpu, d, x, y, true, false),
  [OP.VMAXNM_D]: (fpu, x, y) => maxNum(fpu, x, y, false),
  [OP.VMINNM_D]: (fpu, x, y) => maxNum(fpu, x, y, true),
}

function maxNum(fpu: Fpu, x: Double, y: Double, lesser: boolean): Double {
  if (signals(x) || signals(y) || (isNan(x) && isNan(y))) return nanOf(fpu, [x, y])
  return ofNumber(extreme(x.value, y.value, lesser))
}

function toSingle(fpu: Fpu, d: number, x: Double): void {
  if (!isNan(x)) fpu.store(d, x.value)
  else {
    const { high, low } = nanOf(fpu, [x])
    fpu.bits[d] = (high & SIGN) | 0x7fc00000 | ((high & 0x7ffff) << 3) | (low >>> 29)
  }
}

/** The double of a single-precision word that is in `from`'s register m. */
function fromSingle(from: Fpu, m: number): Double {
  const bits = from.bits[m]!
  const value = from.operand(m)
  if (value === value) return ofNumber(value)
  const widened = { value, high: (bits & SIGN) | 0x7ff80000 | ((bits & 0x3fffff) >>> 3), low: bits << 29 }
  if (isSignalling(bits)) from.raise(FPSCR.IOC)
  return (from.fpscr & FPSCR.DN) !== 0 ? DEFAULT_NAN : widened
}

/** Half precision goes through a single-precision register that holds it exactly, or rounded to odd. */
const halfway = new Fpu(new Int32Array(STATE_WORDS))

function doubleFromHalf(fpu: Fpu, half: number): Double {
  halfway.fpscr = fpu.fpscr
  fromHalf(halfway, 0, half)
  const result = fromSingle(halfway, 0)
  fpu.raise(halfway.fpscr & FPSCR.IOC)
  return result
}

const LARGEST_SINGLE = 0x7f7fffff

function doubleToHalf(fpu: Fpu, x: Double): number {
  halfway.fpscr = fpu.fpscr & ~FPSCR.FZ
  if (isNan(x)) {
    halfway.bits[0] = (x.high & SIGN) | 0x7f800000 | ((x.high & 0xfffff) << 3) | (x.low >>> 29) | (signals(x) ? 1 : 0)
  } else {
    halfway.f32[0] = x.value
    const nearest = halfway.f32[0]
    if (Math.abs(nearest) === Infinity && Number.isFinite(x.value)) halfway.bits[0] = (x.high & SIGN) | LARGEST_SINGLE
    else if (nearest !== x.value) {
      // Toward zero, then with the last bit set: to odd.
      if (Math.abs(nearest) > Math.abs(x.value)) halfway.bits[0]!--
      halfway.bits[0]! |= 1
    }
  }
  const half = toHalf(halfway, 0)
  fpu.raise(halfway.fpscr & ~fpu.fpscr & 0x1f)
  return half
}

function convertFixed(fpu: Fpu, op: number, d: number, variant: number, fraction: number): void {
  const signed = (variant & 1) !== 0
  const bits = variant & 2 ? 32 : 16
  if (op === OP.VCVT_D_TO_FIXED) {
    const word = toFixed(fpu, operand(fpu, d).value, bits, signed, fraction, ROUND.ZERO)
    put(fpu, d, { value: 0, low: word | 0, high: signed && word < 0 ? -1 : 0 })
    return
  }
  const word = fpu.bits[2 * d]!
  const value = bits === 32 ? (signed ? word : word >>> 0) : signed ? (word << 16) >> 16 : word & 0xffff
  put(fpu, d, ofNumber(value / 2 ** fraction))
}

export function executeDouble(fpu: Fpu, op: number, w: number, imm: number): void {
  const a = (w >>> 9) & 15
  const b = (w >>> 13) & 15
  const d = imm & 31
  const m = (imm >>> 10) & 31
  const binary = BINARY[op]
  if (binary !== undefined) {
    const x = operand(fpu, (imm >>> 5) & 15)
    put(fpu, d & 15, binary(fpu, x, operand(fpu, m & 15), d & 15))
    return
  }
  switch (op) {
    case OP.VMOV_I_D:
      put(fpu, a, { value: 0, high: imm, low: 0 })
      break
    case OP.VMOV_D:
      put(fpu, d & 15, raw(fpu, m & 15))
      break
    case OP.VABS_D: {
      const { value, high, low } = raw(fpu, m & 15)
      put(fpu, d & 15, { value, high: high & ~SIGN, low })
      break
    }
    case OP.VNEG_D:
      put(fpu, d & 15, negated(raw(fpu, m & 15)))
      break
    case OP.VSQRT_D:
      put(fpu, d & 15, squareRoot(fpu, operand(fpu, m & 15)))
      break
    case OP.VCMP_D:
    case OP.VCMP_ZERO_D: {
      const x = operand(fpu, d & 15)
      const y = op === OP.VCMP_D ? operand(fpu, m & 15) : ofNumber(0)
      setComparison(fpu, x.value, y.value, a !== 0 || signals(x) || signals(y))
      break
    }
    case OP.VRINT_D: {
      const x = operand(fpu, m & 15)
      put(fpu, d & 15, isNan(x) ? nanOf(fpu, [x]) : ofNumber(integral(fpu, x.value, a)))
      break
    }
    case OP.VCVTB_HALF_TO_D:
      put(fpu, d & 15, doubleFromHalf(fpu, (fpu.bits[m]! >>> (16 * a)) & 0xffff))
      break
    case OP.VCVTB_D_TO_HALF: {
      const half = doubleToHalf(fpu, operand(fpu, m & 15))
      fpu.bits[d] = (fpu.bits[d]! & (a ? 0xffff : ~0xffff)) | (half << (16 * a))
      break
    }
    case OP.VCVT_SINGLE_TO_D:
      put(fpu, d & 15, fromSingle(fpu, m))
      break
    case OP.VCVT_D_TO_SINGLE:
      toSingle(fpu, d, operand(fpu, m & 15))
      break
    case OP.VCVT_INT_TO_D:
      put(fpu, d & 15, ofNumber(a ? fpu.bits[m]! : fpu.bits[m]! >>> 0))
      break
    case OP.VCVT_D_TO_INT:
      fpu.bits[d] = toFixed(fpu, operand(fpu, m & 15).value, 32, b !== 0, 0, modeOf(fpu, a))
      break
    case OP.VCVT_FIXED_TO_D:
    case OP.VCVT_D_TO_FIXED:
      convertFixed(fpu, op, d & 15, a, b | (((w >>> 17) & 15) << 4))
      break
  }
}
