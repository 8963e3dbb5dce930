import { printCHeader, type CBlock, type CConstant, type CField, type CStruct } from '../base/c-header.ts'
import {
  CONSTANT_BIT,
  CONSTANT_SECTION_ALIGNMENT,
  DTYPE_CODES,
  HEADER,
  IO,
  IO_HEAD,
  LAYOUT_VERSION,
  MAGIC,
  MAX_EXTENT,
  MAX_RANK,
  MAX_SOFTMAX_DEPTH,
  MOVE_PART,
  OP_HEAD,
  RECORDS,
  RECORD_KINDS,
  SECTION,
  SECTION_TYPES,
  SIGNATURE,
  TARGET_CORES,
  type Field,
  type Layout,
} from './layout.ts'

const REFERENCE: CStruct = {
  kind: 'struct',
  name: 'tm_ref',
  title: 'Where bytes live: in the constant section where TM_CONSTANT is set in the offset, else in the arena.',
  fields: [
    { name: 'offset', type: 'uint32_t' },
    { name: 'bytes', type: 'uint32_t' },
  ],
}

const C_TYPES = { u32: 'uint32_t', i32: 'int32_t', f32: 'float', ref: REFERENCE } as const

const cField = ({ name, type, count, note }: Field): CField => ({ name, type: C_TYPES[type], count, comment: note })

const cStruct = ({ name, title, fields }: Layout): CStruct => ({
  kind: 'struct',
  name,
  title,
  fields: fields.map(cField),
})

const macroName = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, '_')

const constants = (prefix: string, values: Record<string, number>): CConstant[] =>
  Object.entries(values).map(([name, value]) => ({ name: `${prefix}${macroName(name)}`, value }))

const BLOCKS: readonly CBlock[] = [
  {
    kind: 'defines',
    title: 'Limits and marks',
    constants: [
      { name: 'TM_MAGIC', value: MAGIC, comment: '"TMBL"' },
      { name: 'TM_LAYOUT_VERSION', value: LAYOUT_VERSION },
      { name: 'TM_CONSTANT', value: CONSTANT_BIT },
      { name: 'TM_MAX_RANK', value: MAX_RANK },
      { name: 'TM_MAX_EXTENT', value: MAX_EXTENT },
      { name: 'TM_MAX_SOFTMAX_DEPTH', value: MAX_SOFTMAX_DEPTH },
      { name: 'TM_CONSTANT_SECTION_ALIGNMENT', value: CONSTANT_SECTION_ALIGNMENT },
    ],
  },
  { kind: 'defines', title: 'Target cores', constants: constants('TM_CORE_', TARGET_CORES) },
  { kind: 'defines', title: 'Sections', constants: constants('TM_SECTION_', SECTION_TYPES) },
  { kind: 'defines', title: 'Value types', constants: constants('TM_', DTYPE_CODES) },
  { kind: 'defines', title: 'Op records', constants: constants('TM_OP_', RECORD_KINDS) },
  REFERENCE,
  ...[HEADER, SECTION, SIGNATURE, IO_HEAD, IO, OP_HEAD, ...Object.values(RECORDS), MOVE_PART].map(cStruct),
]

/** The text of firmware/include/tm_layout.h. */
export const firmwareHeader = () =>
  printCHeader({ file: 'tm_layout.h', source: 'src-main/pack/layout.ts', blocks: BLOCKS })
