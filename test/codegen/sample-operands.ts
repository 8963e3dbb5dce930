// Operands that a row of the instruction tables takes, drawn from its forms: ends of ranges, and values between.

import type { Rng } from '../../src-main/base/rng.ts'
import { vfpConstantValue } from '../../src-main/codegen/thumb/encode.ts'
import type { Form, NumberForm, RegisterClass, Row } from '../../src-main/codegen/thumb/forms.ts'
import {
  REGISTERS,
  SHIFTS,
  type Operand,
  type Register,
  type Shift,
  type SingleRegister,
} from '../../src-main/codegen/thumb/operands.ts'

const OF_CLASS: Record<RegisterClass, readonly Register[]> = {
  low: REGISTERS.slice(0, 8),
  general: REGISTERS.filter((name) => name !== 'sp' && name !== 'pc'),
  notPc: REGISTERS.filter((name) => name !== 'pc'),
  notSp: REGISTERS.filter((name) => name !== 'sp'),
  sp: ['sp'],
}

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!

function sampleNumber(rng: Rng, { bits, scale, from, negative }: NumberForm): number {
  const last = 2 ** bits - 1
  const encoded = pick(rng, [negative ? 1 : 0, last, 1, rng.int(last + 1)])
  return (encoded + from) * scale * (negative ? -1 : 1)
}

const amountUpTo = (rng: Rng, last: number) => pick(rng, [1, last, 1 + rng.int(last)])

function sampleList(rng: Rng, allowed: number, least: number): Register[] {
  const names = REGISTERS.filter((_, number) => (allowed >> number) & 1)
  for (;;) {
    const chosen = names.filter(() => rng.float() < 0.4)
    if (chosen.length >= least) return chosen
  }
}

/** One value for each form; labels are not drawn. `chosen`: registers so far, by field; `before`: operands so far. */
function sampleForm(rng: Rng, form: Form, chosen: Map<string, Register>, before: readonly Operand[]): Operand[] {
  switch (form.kind) {
    case 'register': {
      const register = pick(rng, OF_CLASS[form.class])
      chosen.set(form.field, register)
      return [register]
    }
    case 'same':
      return [chosen.get(form.field)]
    case 'number':
      return [sampleNumber(rng, form)]
    case 'modified': {
      const byte = rng.int(256)
      const rotated = ((0x80 | byte) << rng.int(24)) >>> 0
      return [pick(rng, [byte, byte | (byte << 16), ((byte << 24) | (byte << 8)) >>> 0, byte * 0x01010101, rotated])]
    }
    case 'half':
      return [pick(rng, [0, 65535, 0x1234, rng.int(65536)])]
    case 'width':
      return [1 + rng.int(32 - (before.at(-1) as number))]
    case 'shift': {
      const type = pick(rng, form.types)
      if (!form.required && rng.float() < 0.3) return []
      return [{ [SHIFTS[type]!]: amountUpTo(rng, type === 1 || type === 2 ? form.last : 31) } as unknown as Shift]
    }
    case 'amount':
      return [amountUpTo(rng, form.last)]
    case 'rotation':
      return rng.float() < 0.4 ? [] : [{ ror: pick(rng, [8, 16, 24]) }]
    case 'memory': {
      const base = pick(rng, OF_CLASS[form.base.class])
      chosen.set('base', base)
      const offset = form.offset === undefined ? 0 : sampleNumber(rng, form.offset)
      if (form.mode === 'offset') return offset === 0 ? [base] : [base, offset]
      return [base, form.mode === 'pre' ? { pre: offset } : { post: offset }]
    }
    case 'indexed': {
      const index = pick(rng, OF_CLASS[form.index.class])
      const lsl = form.shiftBits === 0 ? form.shift : rng.int(2 ** form.shiftBits)
      return [pick(rng, OF_CLASS[form.base.class]), lsl === 0 ? index : { index, lsl }]
    }
    case 'list':
      return [sampleList(rng, form.allowed, form.least)]
    case 'listBase': {
      const register = pick(rng, OF_CLASS[form.register.class])
      chosen.set('base', register)
      return [form.moved ? `${register}!` : register]
    }
    case 'single':
      return [`s${rng.int(32)}`]
    case 'singles': {
      const first = rng.int(24)
      return [Array.from({ length: 1 + rng.int(8) }, (_, i): SingleRegister => `s${first + i}`)]
    }
    case 'vfpConstant':
      return [vfpConstantValue(rng.int(256))]
    case 'fixed':
      return [form.value]
    case 'label':
      throw new Error('labels are not drawn')
  }
}

/** What the manual calls UNPREDICTABLE and GNU as refuses or warns of. */
function isUnpredictable(row: Row, operands: readonly Operand[], chosen: ReadonlyMap<string, Register>): boolean {
  const base = chosen.get('base')
  const registers = [...chosen].filter(([field]) => field !== 'base').map(([, register]) => register)
  const list = operands.find((operand) => Array.isArray(operand)) as readonly Operand[] | undefined
  const listBase = row.forms.find((form) => form.kind === 'listBase')
  const movesBase = row.forms.some((form) => form.kind === 'memory' && form.mode !== 'offset')
  if (movesBase && registers.includes(base!)) return true
  if (listBase !== undefined && list !== undefined && row.bits === 32 && list.includes(base)) return true
  if (listBase?.inList !== undefined && list !== undefined && list.includes(base) !== listBase.inList) return true
  // Two results in one register: long multiplications, and pairs.
  if (chosen.has('l') && chosen.get('l') === chosen.get('h')) return true
  return chosen.has('k') && chosen.get('t') === chosen.get('k')
}

export function sampleOperands(rng: Rng, row: Row): Operand[] {
  for (;;) {
    const chosen = new Map<string, Register>()
    const operands: Operand[] = []
    for (const form of row.forms) operands.push(...sampleForm(rng, form, chosen, operands))
    if (!isUnpredictable(row, operands, chosen)) return operands
  }
}
