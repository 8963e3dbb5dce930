// What an instruction is given: registers, numbers, shifts, addresses, lists and labels.

type Low = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7'
type High = 'r8' | 'r9' | 'r10' | 'r11' | 'r12' | 'sp' | 'lr' | 'pc'
export type Register = Low | High

const NUMBERS: Record<Register, number> = {
  ...{ r0: 0, r1: 1, r2: 2, r3: 3, r4: 4, r5: 5, r6: 6, r7: 7 },
  ...{ r8: 8, r9: 9, r10: 10, r11: 11, r12: 12, sp: 13, lr: 14, pc: 15 },
}

/** r0 to pc, by number. */
export const REGISTERS = Object.keys(NUMBERS) as readonly Register[]

/** A base register that the instruction moves: `r0!`. */
export type MovedRegister = `${Register}!`

/** A single-precision register of the FPU, s0 to s31. */
export type SingleRegister = `s${number}`

/** A shift or rotation of the register before it. An amount of 0 is no shift. */
export type Shift = { lsl: number } | { lsr: number } | { asr: number } | { ror: number }

/** What follows a base register: `{ post: 4 }` is `[rn], #4`, `{ pre: -4 }` is `[rn, #-4]!`. A number is an offset. */
export type Address = { post: number } | { pre: number } | { index: Register; lsl?: number }

/** A place in the code; made by `label()`, given its place once. */
export interface Label {
  readonly name: string
}

export type RegisterList = readonly Register[] | readonly SingleRegister[]

export type Operand =
  Register | MovedRegister | SingleRegister | number | Shift | Address | RegisterList | Label | undefined

export const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'] as const

/** A register's number, or undefined where the operand is none. */
export const registerNumber = (operand: Operand): number | undefined =>
  typeof operand === 'string' ? NUMBERS[operand as Register] : undefined

/** The number of s0 to s31. */
export function singleNumber(operand: Operand): number | undefined {
  const match = typeof operand === 'string' ? /^s(\d+)$/.exec(operand) : null
  const number = match === null ? 32 : Number(match[1])
  return number < 32 ? number : undefined
}

const isObject = (operand: Operand): operand is Shift | Address | Label =>
  typeof operand === 'object' && !Array.isArray(operand)

export const isLabel = (operand: Operand): operand is Label => isObject(operand) && 'name' in operand

export const isAddress = (operand: Operand): operand is Address =>
  isObject(operand) && ('post' in operand || 'pre' in operand || 'index' in operand)

/** A shift as its number (0 lsl, 1 lsr, 2 asr, 3 ror) and amount; nothing and amounts of zero are lsl #0. */
export function shiftOf(operand: Operand): { type: number; amount: number } | undefined {
  if (operand === undefined) return { type: 0, amount: 0 }
  if (!isObject(operand)) return undefined
  for (const [type, name] of SHIFTS.entries()) {
    const amount = (operand as Partial<Record<string, unknown>>)[name]
    if (typeof amount === 'number' && !isAddress(operand)) return amount === 0 ? { type: 0, amount } : { type, amount }
  }
  return undefined
}

/** An operand for messages, whatever it is. */
export const describeOperand = (operand: Operand): string =>
  isLabel(operand) ? operand.name : typeof operand === 'object' ? JSON.stringify(operand) : String(operand)
