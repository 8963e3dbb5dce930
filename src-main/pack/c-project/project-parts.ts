// What the texts of a project are made from.

import { CONSTANT_BIT, type Reference } from '../layout.ts'
import type { ReadModel, ReadRecord } from '../reader.ts'
import type { Plan } from '../../plan/plan.ts'

export interface ProjectParts {
  /** prefix of all files and symbols */
  name: string
  plan: Plan
  /** the blob of that plan, read back: what the project holds is what the packer places */
  model: ReadModel
}

export type GeneratedRecord = Extract<ReadRecord, { kind: 'GENERATED' }>
export type PlainRecord = Exclude<ReadRecord, GeneratedRecord>

/** A RESHAPE in place is nothing to call. */
export const isIdle = (record: ReadRecord): boolean =>
  record.kind === 'COPY' && record.fields.input.offset === record.fields.output.offset

export const generatedRecords = ({ records }: ReadModel): GeneratedRecord[] =>
  records.filter((record) => record.kind === 'GENERATED')

export const plainRecords = ({ records }: ReadModel): PlainRecord[] =>
  records.filter((record): record is PlainRecord => record.kind !== 'GENERATED' && !isIdle(record))

export const layerSymbol = (name: string, { opIndex }: ReadRecord): string => `${name}_layer_${opIndex}`

export const isConstant = ({ offset }: Reference): boolean => offset >= CONSTANT_BIT

export const constantOffset = ({ offset }: Reference): number => offset - CONSTANT_BIT

/** `3 CONV_2D`, as comments name a layer. */
export const layerTitle = ({ plan }: ProjectParts, { opIndex }: ReadRecord): string =>
  `layer ${opIndex}, ${plan.graph.ops[opIndex]!.kind}`

export const generatedHead = (what: string): string => `/* ${what} Written by thimble export. */`
