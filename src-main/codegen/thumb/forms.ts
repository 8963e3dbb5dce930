// The vocabulary of the instruction tables. A row says how an instruction is written (its operands' forms) and how it is
// encoded: the bits as the Arm manual draws them, where a letter's bits are taken from the top down, also when apart.

/** low r0-r7; general without sp and pc; notPc without pc; notSp; or one register alone. */
export type RegisterClass = 'low' | 'general' | 'notPc' | 'notSp' | 'sp'

export interface RegisterForm {
  kind: 'register'
  field: string
  class: RegisterClass
  /** a second field that holds the same number */
  again?: string
}

/** value = (field + from) * scale; `negative` takes the value with its sign turned. */
export interface NumberForm {
  kind: 'number'
  field: string
  bits: number
  scale: number
  from: number
  negative: boolean
}

export type Form =
  | RegisterForm
  | NumberForm
  /** the register of another operand once more */
  | { kind: 'same'; field: string }
  /** a Thumb modified immediate constant (A5.3.2): a byte shifted or repeated; field i */
  | { kind: 'modified' }
  /** 16 bits as fields h (upper 4) and i (lower 12) */
  | { kind: 'half' }
  /** the last bit of a bit field as lsb (field l, an operand before) + width - 1; field w */
  | { kind: 'width'; isLast: boolean }
  /** shift by a constant: type in t (its upper bit alone in u), amount in s; LSR and ASR up to `last` */
  | { kind: 'shift'; types: readonly number[]; last: number; required: boolean }
  /** the amount of a shift, 1 to `last`, modulo 32 in s */
  | { kind: 'amount'; last: number }
  /** optional rotation by 8, 16 or 24, divided by 8 in r */
  | { kind: 'rotation' }
  /** [base], [base, #offset], [base, #offset]!, [base], #offset; `offset` undefined for none */
  | { kind: 'memory'; base: RegisterForm; mode: 'offset' | 'pre' | 'post'; offset: NumberForm | undefined }
  /** [base, index, lsl #s] */
  | { kind: 'indexed'; base: RegisterForm; index: RegisterForm; shiftBits: number; shift: number }
  /** {…} as a mask in l; `allowed` as a mask; `least` registers */
  | { kind: 'list'; allowed: number; least: number }
  /** base with or without `!`; `inList`: whether the base may, must or must not be among the list */
  | { kind: 'listBase'; register: RegisterForm; moved: boolean; inList: boolean | undefined }
  /** s register: upper four bits in `field`, lowest in `low` */
  | { kind: 'single'; field: string; low: string }
  /** consecutive s registers: the first in d and e, the count in l */
  | { kind: 'singles' }
  /** an 8-bit VFP constant (A6.4.1) in i */
  | { kind: 'vfpConstant' }
  | { kind: 'fixed'; value: number; text: string }
  /** a place in the code: how far and in which steps is the table's reach */
  | { kind: 'label'; reach: Reach }

/** How a row refers to a label: the distance from pc (the instruction's address + 4) and the fields that hold it. */
export interface Reach {
  min: number
  max: number
  /** from the word-aligned pc: literal loads and ADR */
  aligned: boolean
  /** fields for a distance */
  fields: (distance: number) => Record<string, number>
}

export interface Row<Mnemonic extends string = string> {
  mnemonic: Mnemonic
  /** as GNU as writes it, where that is not the mnemonic */
  text: string
  forms: readonly Form[]
  /** 16 or 32 */
  bits: number
  value: number
  positions: ReadonlyMap<string, readonly number[]>
  /** `narrow`: sets the flags outside of an IT block and not in one; `field`: as its bit s says; `always`/`never`: fixed */
  flags: 'narrow' | 'field' | 'fixed'
  /** where the manual describes it */
  source: string
}

interface RowOptions {
  text?: string
  flags?: Row['flags']
}

/** `bits`: fixed bits and letters; spaces only group. `source`: section of ARM DDI 0403 and encoding. */
export function row<const M extends string>(
  mnemonic: M,
  forms: readonly Form[],
  bits: string,
  source: string,
  { text = mnemonic, flags = 'fixed' }: RowOptions = {},
): Row<M> {
  const drawn = bits.replaceAll(' ', '')
  const positions = new Map<string, number[]>()
  let value = 0
  for (let i = 0; i < drawn.length; i++) {
    const position = drawn.length - 1 - i
    const bit = drawn[i]!
    if (bit === '1') value = (value | (1 << position)) >>> 0
    else if (bit !== '0') positions.set(bit, [...(positions.get(bit) ?? []), position])
  }
  return { mnemonic, text, forms, bits: drawn.length, value, positions, flags, source }
}

export const register = (field: string, kind: RegisterClass = 'general'): RegisterForm => ({
  kind: 'register',
  field,
  class: kind,
})
export const low = (field: string) => register(field, 'low')
export const twice = (field: string, again: string): RegisterForm => ({ ...register(field), again })
export const notPc = (field: string) => register(field, 'notPc')
export const SP: RegisterForm = register('-', 'sp')
export const same = (field: string): Form => ({ kind: 'same', field })

/** An unsigned number of so many bits, in steps of `scale`, counted from `from`. */
export const unsigned = (bits: number, scale = 1, field = 'i', from = 0): NumberForm => ({
  ...{ kind: 'number', field, bits, scale, from, negative: false },
})
export const negated = (form: NumberForm): NumberForm => ({ ...form, negative: true })
/** 1 … 2^bits, encoded less one */
export const fromOne = (bits: number, field = 'i') => unsigned(bits, 1, field, 1)

export const MODIFIED: Form = { kind: 'modified' }
export const HALF: Form = { kind: 'half' }
export const ANY_SHIFT: Form = { kind: 'shift', types: [0, 1, 2, 3], last: 32, required: false }
/** LSL or ASR, of SSAT and USAT */
export const SATURATE_SHIFT: Form = { kind: 'shift', types: [0, 2], last: 31, required: false }
export const LSL_ONLY: Form = { kind: 'shift', types: [0], last: 31, required: false }
export const ASR_ONLY: Form = { kind: 'shift', types: [2], last: 32, required: true }
export const amount = (last: 31 | 32): Form => ({ kind: 'amount', last })
export const ROTATION: Form = { kind: 'rotation' }

export const memory = (base: RegisterForm, offset?: NumberForm, mode: 'offset' | 'pre' | 'post' = 'offset'): Form => ({
  ...{ kind: 'memory', base, mode, offset },
})
export const indexed = (base: RegisterForm, index: RegisterForm, shiftBits = 0, shift = 0): Form => ({
  ...{ kind: 'indexed', base, index, shiftBits, shift },
})
export const list = (allowed: number, least = 1): Form => ({ kind: 'list', allowed, least })
export const listBase = (reg: RegisterForm, moved: boolean, inList?: boolean): Form => ({
  ...{ kind: 'listBase', register: reg, moved, inList },
})
export const single = (field: string, lowest: string): Form => ({ kind: 'single', field, low: lowest })
export const fixed = (value: number, text: string): Form => ({ kind: 'fixed', value, text })
export const label = (reach: Reach): Form => ({ kind: 'label', reach })
