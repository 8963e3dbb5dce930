// The DSP extension and the rarer data processing: registers in, registers, Q and GE out.
// Source: ARM DDI 0403 (Armv7-M ARM), A7.7.

import type { Core } from '../core/core.ts'
import { EXTENSION, PARALLEL_OPERATION } from '../decode/thumb32-dsp.ts'
import { OP } from '../opcodes.ts'
import { highProduct, reverseBits, reverseBytes, rotateRight } from './arithmetic.ts'

const low16 = (x: number) => (x << 16) >> 16
const high16 = (x: number) => x >> 16
const pack = (low: number, high: number) => (low & 0xffff) | (high << 16)

/** EXTEND's operation on a rotated register. */
function extend(kind: number, x: number): number {
  switch (kind) {
    case EXTENSION.SXTH:
      return low16(x)
    case EXTENSION.UXTH:
      return x & 0xffff
    case EXTENSION.SXTB16:
      return pack((x << 24) >> 24, (x << 8) >> 24)
    case EXTENSION.UXTB16:
      return x & 0xff00ff
    case EXTENSION.SXTB:
      return (x << 24) >> 24
    default:
      return x & 0xff
  }
}

/** Clamps to a signed range of `bits` and raises Q where it had to. */
function saturateSigned(core: Core, value: number, bits: number): number {
  const limit = 2 ** (bits - 1)
  if (value > limit - 1) core.q = 1
  else if (value < -limit) core.q = 1
  return value > limit - 1 ? limit - 1 : value < -limit ? -limit : value
}

function saturateUnsigned(core: Core, value: number, bits: number): number {
  const limit = 2 ** bits - 1
  if (value > limit || value < 0) core.q = 1
  return value > limit ? limit : value < 0 ? 0 : value
}

/** The sum as a word; Q where it does not fit. */
function accumulate(core: Core, sum: number): number {
  const word = sum | 0
  if (word !== sum) core.q = 1
  return word
}

const PREFIX_SATURATING = 1
const PREFIX_HALVING = 2

/** One lane of a parallel addition or subtraction: the result, before it is cut to the lane's width. */
function lane(sum: number, bits: number, prefix: number, unsigned: boolean): number {
  if (prefix === PREFIX_HALVING) return sum >> 1
  if (prefix !== PREFIX_SATURATING) return sum
  const top = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1
  const bottom = unsigned ? 0 : -(2 ** (bits - 1))
  return Math.min(top, Math.max(bottom, sum))
}

function parallel(core: Core, x: number, y: number, imm: number): number {
  const operation = imm & 15
  const prefix = (imm >>> 4) & 3
  const unsigned = imm >>> 8 === 1
  const eights = operation === PARALLEL_OPERATION.ADD8 || operation === PARALLEL_OPERATION.SUB8
  const bits = eights ? 8 : 16
  const crossed = operation === PARALLEL_OPERATION.ASX || operation === PARALLEL_OPERATION.SAX
  let word = 0
  let ge = 0
  for (let shift = 0; shift < 32; shift += bits) {
    const from = crossed ? 16 - shift : shift
    const left = unsigned ? (x >>> shift) & (2 ** bits - 1) : (x << (32 - bits - shift)) >> (32 - bits)
    const right = unsigned ? (y >>> from) & (2 ** bits - 1) : (y << (32 - bits - from)) >> (32 - bits)
    const subtract = subtracts(operation, shift)
    const sum = subtract ? left - right : left + right
    const set = unsigned && !subtract ? sum >= 2 ** bits : sum >= 0
    if (set) ge |= (eights ? 1 : 3) << (shift >> 3)
    word |= (lane(sum, bits, prefix, unsigned) & (2 ** bits - 1)) << shift
  }
  if (prefix === 0) core.ge = ge
  return word
}

/** ASX adds in its high half and subtracts in its low one, SAX the other way round. */
function subtracts(operation: number, shift: number): boolean {
  if (operation === PARALLEL_OPERATION.ASX) return shift === 0
  if (operation === PARALLEL_OPERATION.SAX) return shift !== 0
  return operation === PARALLEL_OPERATION.SUB8 || operation === PARALLEL_OPERATION.SUB16
}

/** SEL: each byte from x where its GE flag is set, else from y. */
function select(ge: number, x: number, y: number): number {
  let mask = 0
  for (let byte = 0; byte < 4; byte++) if ((ge >>> byte) & 1) mask |= 0xff << (8 * byte)
  return (x & mask) | (y & ~mask)
}

function absoluteDifferences(x: number, y: number): number {
  let sum = 0
  for (let shift = 0; shift < 32; shift += 8) sum += Math.abs(((x >>> shift) & 255) - ((y >>> shift) & 255))
  return sum
}

/** Adds to the 64-bit value in two registers. The addend may be any integer that a double holds exactly. */
function addLong(R: Int32Array, low: number, high: number, addend: number): void {
  const sum = BigInt.asIntN(64, (BigInt(R[high]!) << 32n) + BigInt(R[low]! >>> 0) + BigInt(addend))
  R[low] = Number(sum & 0xffffffffn)
  R[high] = Number(sum >> 32n)
}

/** (product * 2^-32 + a), or with rounding: SMMLA's upper word of a 64-bit accumulation. */
function mostSignificant(addend: number, x: number, y: number, subtract: boolean, round: number): number {
  const low = Math.imul(x, y) >>> 0
  const high = highProduct(x, y)
  if (!subtract) return addend + high + (round && low >= 0x80000000 ? 1 : 0)
  // a:00000000 - high:low borrows when low is not zero
  const resultLow = -low >>> 0
  return addend - high - (low === 0 ? 0 : 1) + (round && resultLow >= 0x80000000 ? 1 : 0)
}

const half = (x: number, top: number) => (top ? high16(x) : low16(x))

export function executeDsp(core: Core, op: number, w: number, imm: number): void {
  const R = core.r
  const a = (w >>> 9) & 15
  const d = (w >>> 27) & 15
  const x = R[(w >>> 13) & 15]!
  const y = R[(w >>> 17) & 15]!
  switch (op) {
    case OP.EXTEND:
      R[a] = extend(d, rotateRight(x, imm))
      break
    case OP.EXTEND_ADD: {
      const value = extend(d, rotateRight(x, imm))
      const lanes = d === EXTENSION.SXTB16 || d === EXTENSION.UXTB16
      R[a] = lanes ? pack(y + value, high16(y) + high16(value)) : y + value
      break
    }
    case OP.RBIT:
      R[a] = reverseBits(x)
      break
    case OP.REV:
      R[a] = reverseBytes(x)
      break
    case OP.REV16:
      R[a] = ((x >>> 8) & 0xff00ff) | ((x & 0xff00ff) << 8)
      break
    case OP.REVSH:
      R[a] = (((x & 255) << 24) >> 16) | ((x >>> 8) & 255)
      break
    case OP.SSAT:
      R[a] = saturateSigned(core, saturationOperand(w, x, imm), imm & 255)
      break
    case OP.USAT:
      R[a] = saturateUnsigned(core, saturationOperand(w, x, imm), imm & 255)
      break
    case OP.SSAT16:
      R[a] = pack(saturateSigned(core, low16(x), imm), saturateSigned(core, high16(x), imm))
      break
    case OP.USAT16:
      R[a] = pack(saturateUnsigned(core, low16(x), imm), saturateUnsigned(core, high16(x), imm))
      break
    case OP.PKHBT:
      R[a] = (x & 0xffff) | ((y << imm) & ~0xffff)
      break
    case OP.PKHTB:
      R[a] = (x & ~0xffff) | ((y >> (imm === 32 ? 31 : imm)) & 0xffff)
      break
    case OP.PARALLEL:
      R[a] = parallel(core, x, y, imm)
      break
    case OP.SATURATING: {
      const right = imm & 1 ? saturateSigned(core, 2 * y, 32) : y
      R[a] = saturateSigned(core, imm & 2 ? x - right : x + right, 32)
      break
    }
    case OP.SEL:
      R[a] = select(core.ge, x, y)
      break
    case OP.USAD8:
      R[a] = absoluteDifferences(x, y) + (imm ? R[d]! : 0)
      break
    case OP.SMUL_XY:
      R[a] = half(x, imm & 2) * half(y, imm & 1)
      break
    case OP.SMLA_XY:
      R[a] = accumulate(core, half(x, imm & 2) * half(y, imm & 1) + R[d]!)
      break
    case OP.SMULW:
      R[a] = Math.floor((x * half(y, imm)) / 65536)
      break
    case OP.SMLAW:
      R[a] = accumulate(core, Math.floor((x * half(y, imm)) / 65536) + R[d]!)
      break
    case OP.SMUAD:
      R[a] = accumulate(core, dualProduct(x, y, imm, 1))
      break
    case OP.SMUSD:
      R[a] = dualProduct(x, y, imm, -1)
      break
    case OP.SMLADX:
      R[a] = accumulate(core, dualProduct(x, y, 1, 1) + R[d]!)
      break
    case OP.SMLSD:
      R[a] = accumulate(core, dualProduct(x, y, imm, -1) + R[d]!)
      break
    case OP.SMMUL:
      R[a] = mostSignificant(0, x, y, false, imm)
      break
    case OP.SMMLA:
      R[a] = mostSignificant(R[d]!, x, y, false, imm)
      break
    case OP.SMMLS:
      R[a] = mostSignificant(R[d]!, x, y, true, imm)
      break
    case OP.SMLAL_XY:
      addLong(R, a, d, half(x, imm & 2) * half(y, imm & 1))
      break
    case OP.SMLALD:
      addLong(R, a, d, dualProduct(x, y, imm, 1))
      break
    case OP.SMLSLD:
      addLong(R, a, d, dualProduct(x, y, imm, -1))
      break
    case OP.UMAAL: {
      const sum = BigInt(x >>> 0) * BigInt(y >>> 0) + BigInt(R[a]! >>> 0) + BigInt(R[d]! >>> 0)
      R[a] = Number(sum & 0xffffffffn)
      R[d] = Number(sum >> 32n)
      break
    }
  }
}

/** low * low ± high * high, the second operand's halves swapped where `swap` is set. */
function dualProduct(x: number, y: number, swap: number, sign: number): number {
  const first = low16(x) * half(y, swap)
  return first + sign * high16(x) * half(y, swap ^ 1)
}

/** SSAT and USAT shift first: c is 1 for ASR, where an amount of 0 means none was asked for. */
function saturationOperand(w: number, x: number, imm: number): number {
  return (w >>> 17) & 1 ? x >> (imm >>> 8) : x << (imm >>> 8)
}
