// A two-pass Thumb-2 assembler. Instructions are methods that read like the text they stand for:
//
//   const k = createAssembler()
//   k.ldr('r4', 'r0', { post: 4 })
//   k.smlad('r10', 'r4', 'r6', 'r10')
//   k.loop(8, 'r9', () => k.ldm('r1!', ['r6', 'r7']))
//
// Encodings are those that GNU as chooses in unified syntax. A wrong operand is a fault of the emitter, so it is an
// INTERNAL error that names the instruction.

import { AppError } from '../base/errors.ts'
import { layOut, type Assembled, type Item } from './layout.ts'
import { CONDITIONS, type Condition } from './thumb/control.ts'
import { matchRow, modifiedImmediate } from './thumb/encode.ts'
import { candidatesFor, MNEMONICS, type Mnemonic } from './thumb/instructions.ts'
import { describeOperand, type Label, type Operand, type Register } from './thumb/operands.ts'

type Instructions = Readonly<Record<Mnemonic, (...operands: Operand[]) => void>>

interface Directives {
  /** A label without a place yet. */
  label(name: string): Label
  /** Gives a label its place: here. */
  place(label: Label): void
  /** A label at this place. */
  here(name: string): Label
  /** Up to four instructions under a condition, and up to four in all with those under its opposite. */
  it(condition: Condition, then: () => void, otherwise?: () => void): void
  /** Any 32-bit constant into a register, in one instruction; from the literal pool where no move can hold it. */
  constant(register: Register, value: number): void
  /** Repeats a body a fixed number of times; the body keeps `counter`. Flags are changed. */
  loop(count: number, counter: Register, body: () => void): void
  /** Names for registers: each once. They stand in the listing. */
  registers<const Names extends Record<string, Register>>(names: Names): Names
  /** Explains what follows. */
  comment(text: string): void
  word(...values: number[]): void
  byte(...values: number[]): void
  /** Pads with zeros to a multiple of 2 or 4. */
  align(to: 2 | 4): void
  /** Puts down the literals collected so far: somewhere that execution does not reach. */
  pool(): void
  assemble(): Assembled
}

export type Assembler = Instructions & Directives

interface ItBlock {
  condition: Condition
  items: Item[]
}

const fault = (message: string) => new AppError('INTERNAL', `Assembler: ${message}`)

export function createAssembler(): Assembler {
  const items: Item[] = []
  const names = new Map<string, number>()
  /** literals of the pool to come, by value */
  let literals = new Map<number, Label>()
  let block: ItBlock | undefined

  function instruction(mnemonic: string, operands: readonly Operand[]): void {
    const isInBlock = block !== undefined
    const choices = candidatesFor(mnemonic, isInBlock).flatMap((candidate) => {
      const match = matchRow(candidate.row, operands)
      return match === undefined ? [] : [{ ...candidate, ...match }]
    })
    const first = choices[0]
    if (first === undefined)
      throw fault(
        `no encoding of ${mnemonic} ${operands.map(describeOperand).join(', ')}${isInBlock ? ' in an IT block' : ''}`,
      )
    const suffix = block?.condition ?? ''
    const flags = mnemonic.endsWith('s') && first.row.mnemonic !== mnemonic ? 's' : ''
    const [stem = '', ...types] = first.row.text.split('.')
    const text = [`${stem}${flags}${suffix}`, ...types].join('.') + (first.text === '' ? '' : ` ${first.text}`)
    const item: Item = {
      kind: 'instruction',
      text,
      label: first.label,
      // Without a label the first row that fits is the shortest; with one, its distance decides.
      choices: (first.label === undefined ? [first] : choices).map(({ row, fields, setsFlags }) => ({
        row,
        fields: { ...fields, f: setsFlags },
      })),
    }
    if (block !== undefined) block.items.push(item)
    else items.push(item)
  }

  /** Runs the body in an IT block and returns its instructions. */
  function underCondition(condition: Condition, body: () => void): Item[] {
    block = { condition, items: [] }
    try {
      body()
      return block.items
    } finally {
      block = undefined
    }
  }

  function outsideIt(what: string): void {
    if (block !== undefined) throw fault(`${what} in an IT block`)
  }

  const directives: Directives = {
    label(name) {
      const count = (names.get(name) ?? 0) + 1
      names.set(name, count)
      return { name: count === 1 ? name : `${name}_${count}` }
    },
    place(label) {
      outsideIt(`label ${label.name}`)
      if (items.some((item) => item.kind === 'label' && item.label === label))
        throw fault(`label ${label.name} has a place already`)
      items.push({ kind: 'label', label })
    },
    here(name) {
      const label = directives.label(name)
      directives.place(label)
      return label
    },
    it(condition, then, otherwise) {
      outsideIt('an IT block')
      const number = CONDITIONS.indexOf(condition)
      const opposite = CONDITIONS[number ^ 1]!
      const thenItems = underCondition(condition, then)
      const otherItems = otherwise === undefined ? [] : underCondition(opposite, otherwise)
      const count = thenItems.length + otherItems.length
      if (thenItems.length === 0 || count > 4) throw fault(`an IT block of ${count} instructions`)
      const rest = 't'.repeat(thenItems.length - 1) + 'e'.repeat(otherItems.length)
      // ARM DDI 0403, A7.7.38: the condition's lowest bit for each further instruction, then a 1.
      const low = number & 1
      let mask = 0
      for (const [i, kind] of [...rest].entries()) mask |= (kind === 't' ? low : low ^ 1) << (3 - i)
      mask |= 1 << (3 - rest.length)
      items.push({ kind: 'it', text: `it${rest} ${condition}`, halfword: 0xbf00 | (number << 4) | mask })
      items.push(...thenItems, ...otherItems)
    },
    constant(register, value) {
      const word = value >>> 0
      if (modifiedImmediate(word) !== undefined) instruction('mov', [register, word])
      else if (modifiedImmediate(~word) !== undefined) instruction('mvn', [register, ~word >>> 0])
      else if (word <= 0xffff) instruction('movw', [register, word])
      else {
        const label = literals.get(word) ?? directives.label(`literal_${word.toString(16)}`)
        literals.set(word, label)
        instruction('ldr', [register, label])
      }
    },
    loop(count, counter, body) {
      if (count < 1) throw fault(`a loop of ${count} rounds`)
      if (count === 1) return body()
      directives.constant(counter, count)
      const top = directives.here('loop')
      body()
      instruction('subs', [counter, counter, 1])
      instruction('bne', [top])
    },
    registers(given) {
      const list = Object.entries(given)
      const users = new Map<Register, string>()
      for (const [name, register] of list) {
        const other = users.get(register)
        if (other !== undefined) throw fault(`${name} and ${other} share ${register}`)
        users.set(register, name)
      }
      directives.comment(list.map(([name, register]) => `${register} ${name}`).join(', '))
      return given
    },
    comment: (text) => void items.push({ kind: 'comment', text }),
    word: (...values) => {
      outsideIt('data')
      items.push({ kind: 'data', text: `.word ${values.map((v) => v >>> 0).join(', ')}`, bytes: wordBytes(values) })
    },
    byte: (...values) => {
      outsideIt('data')
      const bytes = Uint8Array.from(values)
      items.push({ kind: 'data', text: `.byte ${bytes.join(', ')}`, bytes })
    },
    align: (to) => void items.push({ kind: 'align', to }),
    pool() {
      outsideIt('a literal pool')
      if (literals.size === 0) return
      directives.align(4)
      for (const [value, label] of literals) {
        directives.place(label)
        directives.word(value)
      }
      literals = new Map()
    },
    assemble() {
      directives.pool()
      return layOut(items)
    },
  }

  const instructions = Object.fromEntries(
    MNEMONICS.map((mnemonic) => [mnemonic, (...operands: Operand[]) => instruction(mnemonic, operands)]),
  ) as Instructions
  return { ...directives, ...instructions }
}

function wordBytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value >>> 0, true)
  return bytes
}
