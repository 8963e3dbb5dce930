// Encodings written as the Arm manual draws them: '00000 iiiii mmm ddd'. 0 and 1 are fixed bits, a letter's
// bits are collected from the top down (also when they are apart), a dot is a bit that doesn't matter.

type Letter = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm' | 'n' | 'o' | 'p' | 'q'
type MoreLetters = 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z'
export type Fields = Record<Letter | MoreLetters, number>

/** One instruction, decoded: registers a to d and an immediate mean what its opcode says. */
export interface Instruction {
  op: number
  a: number
  b: number
  c: number
  d: number
  imm: number
}

export const instruction = (op: number, a = 0, b = 0, c = 0, imm = 0, d = 0): Instruction => ({ op, a, b, c, d, imm })

/** `setsFlags` is false inside an IT block, where the 16-bit data processing leaves the flags alone. */
export type Decode = (fields: Fields, setsFlags: boolean) => Instruction | undefined

export interface Encoding {
  mask: number
  value: number
  positions: readonly (readonly [Letter | MoreLetters, readonly number[]])[]
  decode: Decode
}

export function encoding(text: string, decode: Decode): Encoding {
  const bits = text.replaceAll(' ', '')
  let mask = 0
  let value = 0
  const positions = new Map<Letter | MoreLetters, number[]>()
  for (let i = 0; i < bits.length; i++) {
    const bit = bits[i]!
    const position = bits.length - 1 - i
    if (bit === '0' || bit === '1') {
      mask |= 1 << position
      value |= Number(bit) << position
    } else if (bit !== '.') {
      const letter = bit as Letter
      positions.set(letter, [...(positions.get(letter) ?? []), position])
    }
  }
  return { mask, value, positions: [...positions], decode }
}

/** The first row that matches and accepts the word; undefined where none does. */
export function decodeWith(table: readonly Encoding[], word: number, setsFlags: boolean): Instruction | undefined {
  for (const row of table) {
    if ((word & row.mask) !== row.value) continue
    const fields = {} as Fields
    for (const [letter, positions] of row.positions) {
      let value = 0
      for (const position of positions) value = (value << 1) | ((word >>> position) & 1)
      fields[letter] = value
    }
    const decoded = row.decode(fields, setsFlags)
    if (decoded !== undefined) return decoded
  }
  return undefined
}

export const signExtend = (value: number, bits: number) => (value << (32 - bits)) >> (32 - bits)
