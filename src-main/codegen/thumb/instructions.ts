// All instructions that the assembler knows, by mnemonic.

import { BRANCH, CONDITIONS, LABEL_ADDRESS, SYSTEM } from './control.ts'
import { ARITHMETIC, BIT_FIELD, COMPARE, LOGIC, MOVE, SHIFT } from './data-processing.ts'
import { FLOAT_ARITHMETIC, FLOAT_MOVE } from './floating-point.ts'
import type { Row } from './forms.ts'
import { MULTIPLE, PAIR, SINGLE } from './load-store.ts'
import { DSP_MULTIPLY, DSP_PARALLEL, EXTEND_PACK_SATURATE, MULTIPLY } from './multiply-dsp.ts'

const ALL = [
  ...[...ARITHMETIC, ...LOGIC, ...COMPARE, ...MOVE, ...SHIFT, ...BIT_FIELD],
  ...[...MULTIPLY, ...DSP_MULTIPLY, ...DSP_PARALLEL, ...EXTEND_PACK_SATURATE],
  ...[...SINGLE, ...PAIR, ...MULTIPLE],
  ...[...BRANCH, ...LABEL_ADDRESS, ...SYSTEM],
  ...[...FLOAT_MOVE, ...FLOAT_ARITHMETIC],
]

type Plain = (typeof ALL)[number]['mnemonic']
type WithFlags = (typeof ARITHMETIC | typeof LOGIC | typeof MOVE | typeof SHIFT)[number]['mnemonic'] | 'mul'
type FlagSetting = Exclude<WithFlags, 'addw' | 'subw' | 'movw' | 'movt'>

/** A mnemonic of the tables, or with the s that asks for flags. */
export type Mnemonic = Plain | `${FlagSetting}s`

export const ROWS: readonly Row[] = ALL

/** Whether a row answers to a mnemonic, and with which value of the flag bit f. */
export interface Candidate {
  row: Row
  setsFlags: 0 | 1
}

const add = (map: Map<string, Candidate[]>, mnemonic: string, candidate: Candidate) =>
  map.set(mnemonic, [...(map.get(mnemonic) ?? []), candidate])

/** What carries a condition of its own may not stand in an IT block. */
const NOT_IN_IT_BLOCK = new Set<string>([...CONDITIONS.map((condition) => `b${condition}`), 'cbz', 'cbnz'])

/** 16-bit data processing sets the flags outside of IT blocks and leaves them alone inside. */
function candidates(inItBlock: boolean): Map<string, Candidate[]> {
  const map = new Map<string, Candidate[]>()
  for (const row of ROWS) {
    if (inItBlock && NOT_IN_IT_BLOCK.has(row.mnemonic)) continue
    if (row.flags !== 'narrow') add(map, row.mnemonic, { row, setsFlags: 0 })
    if (row.flags === 'field') add(map, `${row.mnemonic}s`, { row, setsFlags: 1 })
    if (row.flags === 'narrow') add(map, inItBlock ? row.mnemonic : `${row.mnemonic}s`, { row, setsFlags: 0 })
  }
  return map
}

const OUTSIDE = candidates(false)
const INSIDE = candidates(true)

export const MNEMONICS = [...new Set([...OUTSIDE.keys(), ...INSIDE.keys()])] as readonly Mnemonic[]

export const candidatesFor = (mnemonic: string, inItBlock: boolean): readonly Candidate[] =>
  (inItBlock ? INSIDE : OUTSIDE).get(mnemonic) ?? []
