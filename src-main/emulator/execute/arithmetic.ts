// The arithmetic that several instructions share. All values are signed 32-bit words unless said otherwise.

/** ConditionPassed: n is negative for N, z is zero for Z, c and v are 0 or 1. */
export function conditionPasses(condition: number, n: number, z: number, c: number, v: number): boolean {
  const negative = n >>> 31
  switch (condition) {
    case 0:
      return z === 0
    case 1:
      return z !== 0
    case 2:
      return c !== 0
    case 3:
      return c === 0
    case 4:
      return n < 0
    case 5:
      return n >= 0
    case 6:
      return v !== 0
    case 7:
      return v === 0
    case 8:
      return c !== 0 && z !== 0
    case 9:
      return c === 0 || z === 0
    case 10:
      return negative === v
    case 11:
      return negative !== v
    case 12:
      return z !== 0 && negative === v
    case 13:
      return z === 0 || negative !== v
    default:
      return true
  }
}

/** LSL, LSR, ASR, ROR (0 to 3) by a register's low byte. */
export function shiftByRegister(type: number, x: number, by: number): number {
  switch (type) {
    case 0:
      return by > 31 ? 0 : x << by
    case 1:
      return by > 31 ? 0 : (x >>> by) | 0
    case 2:
      return x >> (by > 31 ? 31 : by)
    default:
      return rotateRight(x, by & 31)
  }
}

/** The shifted operand of data processing; `by` is 1 to 32 for LSR and ASR, type 4 is RRX. */
export function shiftOperand(type: number, by: number, x: number, carry: number): number {
  if (type === 4) return (x >>> 1) | (carry << 31)
  return shiftByRegister(type, x, by)
}

export const rotateRight = (x: number, by: number) => (by === 0 ? x : (x >>> by) | (x << (32 - by)))

/** Upper word of the unsigned 64-bit product. */
export function highProductUnsigned(x: number, y: number): number {
  const xl = x & 0xffff
  const xh = x >>> 16
  const yl = y & 0xffff
  const yh = y >>> 16
  const middle = (Math.imul(xh, yl) >>> 0) + (Math.imul(xl, yl) >>> 16)
  const other = (Math.imul(xl, yh) >>> 0) + (middle & 0xffff)
  return (Math.imul(xh, yh) + (middle >>> 16) + (other >>> 16)) | 0
}

/** Upper word of the signed 64-bit product. */
export function highProduct(x: number, y: number): number {
  return (highProductUnsigned(x, y) - (x < 0 ? y : 0) - (y < 0 ? x : 0)) | 0
}

/** Bit reversal by swapping ever larger neighbours. */
export function reverseBits(x: number): number {
  let word = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  word = ((word >>> 2) & 0x33333333) | ((word & 0x33333333) << 2)
  word = ((word >>> 4) & 0x0f0f0f0f) | ((word & 0x0f0f0f0f) << 4)
  return reverseBytes(word)
}

export const reverseBytes = (x: number) => (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
