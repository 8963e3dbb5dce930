// An instruction's operands against a row of the tables: the fields' values and the text, or undefined where the row is
// not for these operands.

import type { Form, NumberForm, RegisterClass, RegisterForm, Row } from './forms.ts'
import {
  isAddress,
  isLabel,
  REGISTERS,
  registerNumber,
  SHIFTS,
  shiftOf,
  singleNumber,
  type Address,
  type Label,
  type Operand,
  type Register,
} from './operands.ts'

type Fields = Record<string, number>

export interface Match {
  fields: Fields
  /** operands as GNU as writes them */
  text: string
  /** the operand whose distance has still to be filled in */
  label: Label | undefined
}

const CLASSES: Record<RegisterClass, (number: number) => boolean> = {
  low: (n) => n < 8,
  general: (n) => n < 13 || n === 14,
  notPc: (n) => n < 15,
  notSp: (n) => n !== 13,
  sp: (n) => n === 13,
}

/** The operands still to be matched, the fields found, and the words written. */
class Matching {
  readonly fields: Fields = {}
  readonly words: string[] = []
  label: Label | undefined
  #next = 0
  readonly #operands: readonly Operand[]

  constructor(operands: readonly Operand[]) {
    this.#operands = operands
  }

  peek = () => this.#operands[this.#next]
  take = () => this.#operands[this.#next++]
  isAtEnd = () => this.#next >= this.#operands.length

  /** Takes a register of the form's class; its name, or undefined. */
  register(form: RegisterForm, operand = this.take()): Register | undefined {
    const number = registerNumber(operand)
    if (number === undefined || !CLASSES[form.class](number)) return undefined
    this.fields[form.field] = number
    if (form.again !== undefined) this.fields[form.again] = number
    return operand as Register
  }

  /** Takes a number that the form can hold; its text, or undefined. */
  number(form: NumberForm, operand = this.take()): string | undefined {
    if (typeof operand !== 'number' || !Number.isInteger(operand)) return undefined
    const encoded = (form.negative ? -operand : operand) / form.scale - form.from
    if (!Number.isInteger(encoded) || encoded < 0 || encoded >= 2 ** form.bits) return undefined
    this.fields[form.field] = encoded
    return `#${operand}`
  }

  put(word: string | undefined): boolean {
    if (word === undefined) return false
    this.words.push(word)
    return true
  }
}

/** The row's fields and text for these operands. */
export function matchRow(row: Row, operands: readonly Operand[]): Match | undefined {
  const matching = new Matching(operands)
  for (const form of row.forms) if (!matchForm(form, matching)) return undefined
  if (!matching.isAtEnd()) return undefined
  return { fields: matching.fields, text: matching.words.join(', '), label: matching.label }
}

function matchForm(form: Form, m: Matching): boolean {
  switch (form.kind) {
    case 'register':
      return m.put(m.register(form))
    case 'same': {
      const number = registerNumber(m.peek())
      return number === m.fields[form.field] && m.put(m.take() as Register)
    }
    case 'number':
      return m.put(m.number(form))
    case 'modified': {
      const operand = m.take()
      const encoded = typeof operand === 'number' ? modifiedImmediate(operand) : undefined
      if (encoded === undefined) return false
      m.fields['i'] = encoded
      return m.put(`#${Number(operand)}`)
    }
    case 'half': {
      const operand = m.take()
      if (typeof operand !== 'number' || !Number.isInteger(operand) || operand < 0 || operand > 0xffff) return false
      m.fields['h'] = operand >> 12
      m.fields['i'] = operand & 0xfff
      return m.put(`#${operand}`)
    }
    case 'width': {
      const width = m.take()
      const lsb = m.fields['l']!
      if (typeof width !== 'number' || !Number.isInteger(width) || width < 1 || lsb + width > 32) return false
      m.fields['w'] = form.isLast ? lsb + width - 1 : width - 1
      return m.put(`#${width}`)
    }
    case 'shift':
      return matchShift(form, m)
    case 'amount': {
      const amount = m.take()
      if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1 || amount > form.last) return false
      m.fields['s'] = amount & 31
      return m.put(`#${amount}`)
    }
    case 'rotation':
      return matchRotation(m)
    case 'memory':
      return matchMemory(form.base, form.mode, form.offset, m)
    case 'indexed': {
      const base = m.register(form.base)
      const address = m.take() as Address | Register | undefined
      const index = typeof address === 'object' && 'index' in address ? address : { index: address as Register, lsl: 0 }
      const amount = index.lsl ?? 0
      if (base === undefined || m.register(form.index, index.index) === undefined) return false
      if (form.shiftBits > 0) m.fields['s'] = amount
      if (form.shiftBits > 0 ? amount >>> 0 >= 2 ** form.shiftBits : amount !== form.shift) return false
      return m.put(`[${base}, ${index.index}${amount === 0 ? '' : `, lsl #${amount}`}]`)
    }
    case 'list':
      return matchList(form.allowed, form.least, m)
    case 'listBase':
      return matchListBase(form.register, form.moved, form.inList, m)
    case 'single': {
      const operand = m.take()
      const number = singleNumber(operand)
      if (number === undefined) return false
      m.fields[form.field] = number >> 1
      m.fields[form.low] = number & 1
      return m.put(operand as string)
    }
    case 'singles': {
      const registers = m.take()
      if (!Array.isArray(registers)) return false
      const numbers = (registers as Operand[]).map(singleNumber)
      const first = numbers[0]
      if (first === undefined || numbers.some((number, i) => number !== first + i)) return false
      m.fields['d'] = first >> 1
      m.fields['e'] = first & 1
      m.fields['l'] = numbers.length
      return m.put(`{${registers.join(', ')}}`)
    }
    case 'vfpConstant': {
      const operand = m.take()
      const encoded = typeof operand === 'number' ? vfpConstant(operand) : undefined
      if (encoded === undefined) return false
      m.fields['i'] = encoded
      return m.put(`#${Number(operand)}`)
    }
    case 'fixed':
      return m.take() === form.value && m.put(form.text)
    case 'label': {
      const operand = m.take()
      if (!isLabel(operand)) return false
      m.label = operand
      return m.put(operand.name)
    }
  }
}

function matchShift({ types, last, required }: Form & { kind: 'shift' }, m: Matching): boolean {
  const shift = shiftOf(m.peek())
  if (shift === undefined) return false
  if (!m.isAtEnd()) m.take()
  m.fields['t'] = shift.type
  m.fields['u'] = shift.type >> 1
  m.fields['s'] = shift.amount & 31
  if (shift.amount === 0) return !required
  // LSR and ASR may reach 32, which is encoded as 0.
  const most = shift.type === 1 || shift.type === 2 ? last : 31
  if (!types.includes(shift.type) || !(shift.amount > 0 && shift.amount <= most)) return false
  return m.put(`${SHIFTS[shift.type]} #${shift.amount}`)
}

function matchRotation(m: Matching): boolean {
  const shift = shiftOf(m.peek())
  if (shift === undefined) return false
  if (!m.isAtEnd()) m.take()
  m.fields['r'] = shift.amount / 8
  if (shift.amount === 0) return true
  return shift.type === 3 && [8, 16, 24].includes(shift.amount) && m.put(`ror #${shift.amount}`)
}

function matchMemory(
  baseForm: RegisterForm,
  mode: 'offset' | 'pre' | 'post',
  offset: NumberForm | undefined,
  m: Matching,
): boolean {
  const base = m.register(baseForm)
  if (base === undefined) return false
  const address = m.isAtEnd() ? 0 : m.take()
  if (mode === 'offset') {
    if (address === 0 && (offset === undefined || !offset.negative)) {
      if (offset !== undefined) m.fields[offset.field] = 0
      return m.put(`[${base}]`)
    }
    if (offset === undefined) return false
    const text = m.number(offset, address)
    return text !== undefined && m.put(`[${base}, ${text}]`)
  }
  if (!isAddress(address) || offset === undefined) return false
  const moved = (address as Partial<Record<'pre' | 'post', number>>)[mode]
  const text = m.number(offset, moved)
  return text !== undefined && m.put(mode === 'pre' ? `[${base}, ${text}]!` : `[${base}], ${text}`)
}

const maskOf = (registers: readonly Operand[]) =>
  registers.reduce<number | undefined>((mask, operand) => {
    const number = registerNumber(operand)
    return mask === undefined || number === undefined ? undefined : mask | (1 << number)
  }, 0)

function matchList(allowed: number, least: number, m: Matching): boolean {
  const registers = m.take()
  const mask = Array.isArray(registers) ? maskOf(registers) : undefined
  if (mask === undefined || (mask & ~allowed) !== 0) return false
  const names = REGISTERS.filter((_, number) => (mask >> number) & 1)
  if (names.length < least || names.length !== (registers as readonly Register[]).length) return false
  m.fields['l'] = mask
  // PUSH and POP of 16 bits hold LR or PC in a bit of their own.
  m.fields['x'] = (mask >> 14) & 3 ? 1 : 0
  return m.put(`{${names.join(', ')}}`)
}

function matchListBase(form: RegisterForm, moved: boolean, inList: boolean | undefined, m: Matching): boolean {
  const operand = m.take()
  if (typeof operand !== 'string' || operand.endsWith('!') !== moved) return false
  const base = m.register(form, operand.replace('!', '') as Register)
  const registers = m.peek()
  if (base === undefined || !Array.isArray(registers)) return false
  if (inList !== undefined && (registers as Operand[]).includes(base) !== inList) return false
  return m.put(operand)
}

/** The instruction as a number; a 32-bit one has its first halfword on top. */
export function encodeFields(row: Row, fields: Fields): number {
  let word = row.value
  for (const [letter, positions] of row.positions) {
    const field = fields[letter] ?? 0
    for (const [i, position] of positions.entries())
      if ((field / 2 ** (positions.length - 1 - i)) & 1) word = (word | (1 << position)) >>> 0
  }
  return word
}

/** A constant as i:imm3:imm8 (ARM DDI 0403, A5.3.2), or undefined where it is none. */
export function modifiedImmediate(constant: number): number | undefined {
  if (!Number.isInteger(constant) || constant < -2147483648 || constant > 0xffffffff) return undefined
  const value = constant >>> 0
  const byte = value & 0xff
  if (value === byte) return byte
  if (value === ((byte << 16) | byte) >>> 0) return 0x100 | byte
  const second = (value >>> 8) & 0xff
  if (value === ((second << 24) | (second << 8)) >>> 0) return 0x200 | second
  if (value === Math.imul(byte, 0x01010101) >>> 0) return 0x300 | byte
  // A byte with its highest bit set, rotated right by 8 to 31.
  const rotation = 8 + Math.clz32(value)
  const shift = 32 - rotation
  if (shift < 1 || (value & ((1 << shift) - 1)) !== 0 || value >>> shift > 0xff) return undefined
  return (rotation << 7) | ((value >>> shift) & 0x7f)
}

/** ±m/16 · 2^e with m from 16 to 31 and e from -3 to 4, as VMOV holds it (A6.4.1). */
function vfpConstant(value: number): number | undefined {
  for (let encoded = 0; encoded < 256; encoded++) if (vfpConstantValue(encoded) === value) return encoded
  return undefined
}

/** The value of an 8-bit VFP constant: sign, exponent of three bits (the upper turned), four bits of fraction. */
export function vfpConstantValue(encoded: number): number {
  const exponent = ((encoded >> 4) & 3) - ((encoded >> 6) & 1 ? 3 : -1)
  return (encoded & 0x80 ? -1 : 1) * (1 + (encoded & 15) / 16) * 2 ** exponent
}
