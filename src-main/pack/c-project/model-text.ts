// NAME.c: init, invoke and the way to the tensors. Every layer is one call, in the plan's order.

import type { RecordKind, Reference } from '../layout.ts'
import type { ReadRecord } from '../reader.ts'
import {
  constantOffset,
  generatedHead,
  isConstant,
  isIdle,
  layerSymbol,
  layerTitle,
  plainRecords,
  type ProjectParts,
} from './project-parts.ts'
import { recordText } from './record-text.ts'
import { modelTensors } from './tensors.ts'

/** The C kernel of each kind of record (firmware/src/runtime/tm_ops.c); each is in a file of its name. */
const PLAIN_KERNELS: Readonly<Record<Exclude<RecordKind, 'GENERATED'>, string>> = {
  CONV_2D: 'tm_conv_2d_int8',
  DEPTHWISE_CONV_2D: 'tm_depthwise_conv_2d_int8',
  FULLY_CONNECTED: 'tm_fully_connected_int8',
  ADD: 'tm_add_int8',
  SUB: 'tm_sub_int8',
  MUL: 'tm_mul_int8',
  MINIMUM: 'tm_minimum_int8',
  MAXIMUM: 'tm_maximum_int8',
  PRELU: 'tm_prelu_int8',
  LOOKUP: 'tm_lookup_int8',
  AVERAGE_POOL_2D: 'tm_average_pool_2d_int8',
  MAX_POOL_2D: 'tm_max_pool_2d_int8',
  MEAN: 'tm_mean_int8',
  SOFTMAX: 'tm_softmax_int8',
  COPY: 'tm_copy_bytes',
  REQUANTIZE: 'tm_requantize_int8',
  QUANTIZE: 'tm_quantize_int8',
  DEQUANTIZE: 'tm_dequantize_int8',
  PAD: 'tm_pad_int8',
  MOVE: 'tm_move_bytes',
}

/** The C kernels that the model calls, in alphabetical order. */
export const plainKernelNames = ({ model }: ProjectParts): string[] =>
  [...new Set(plainRecords(model).map(({ kind }) => PLAIN_KERNELS[kind]))].sort()

/** The text of NAME.c. */
export function modelText(parts: ProjectParts): string {
  const { name, model } = parts
  const upper = name.toUpperCase()
  const plain = plainRecords(model)
  return `${generatedHead(`The model ${name}: what runs for each layer, on what.`)}
#include "${name}.h"

#include "${name}_parts.h"
${plain.length > 0 ? '#include "tm_kernels.h"\n' : ''}
${plain
  .flatMap((record) => [`/* ${layerTitle(parts, record)} */`, ...recordText(record, recordSymbol(record)), ''])
  .join('\n')}
${name}_status ${name}_init(${name}_model *model, void *arena, size_t arena_bytes)
{
    if (arena == NULL) {
        return ${upper}_NO_ARENA;
    }
    if ((uintptr_t)arena % ${upper}_ARENA_ALIGNMENT != 0u) {
        return ${upper}_ARENA_MISALIGNED;
    }
    if (arena_bytes < ${upper}_ARENA_BYTES) {
        return ${upper}_ARENA_TOO_SMALL;
    }
    model->arena = arena;
    return ${upper}_OK;
}

${modelTensors(parts)
  .map(
    ({
      role,
      symbol,
      cType,
      io,
    }) => `${role === 'output' ? 'const ' : ''}${cType} *${symbol}(const ${name}_model *model)
{
    return (${role === 'output' ? 'const ' : ''}${cType} *)(${role === 'output' ? 'const ' : ''}void *)(model->arena + ${io.data.offset}u);
}
`,
  )
  .join('\n')}
void ${name}_invoke(const ${name}_model *model)
{
${invokeBody(parts).join('\n')}
}
`
}

function invokeBody(parts: ProjectParts): string[] {
  const { records } = parts.model
  const calls = records.flatMap((record) => [
    `    /* ${layerTitle(parts, record)}${whyIdle(record)} */`,
    ...callText(parts, record),
  ])
  if (records.every(isIdle)) return ['    (void)model;', ...calls]
  const memory = plainRecords(parts.model).length > 0 ? [memoryText(parts)] : []
  return ['    uint8_t *const arena = model->arena;', ...memory, ...calls]
}

const whyIdle = (record: ReadRecord) => (isIdle(record) ? ': the same bytes in the same place' : '')

const recordSymbol = ({ opIndex }: ReadRecord) => `layer_${opIndex}`

const memoryText = ({ name, model }: ProjectParts) => `    const tm_memory memory = {
${model.constants.length > 0 ? `        .constants = (const uint8_t *)${name}_constants,\n        .constant_bytes = sizeof ${name}_constants,\n` : ''}        .arena = arena,
        .arena_bytes = ${name.toUpperCase()}_ARENA_BYTES,
    };`

function callText({ name }: ProjectParts, record: ReadRecord): string[] {
  if (isIdle(record)) return []
  if (record.kind !== 'GENERATED') return [`    ${PLAIN_KERNELS[record.kind]}(&${recordSymbol(record)}, &memory);`]
  const at = (ref: Reference) => {
    if (ref.bytes === 0) return 'NULL'
    return isConstant(ref) ? `${name}_constants + ${constantOffset(ref) / 4}` : `arena + ${ref.offset}`
  }
  const { input, output, second, constants } = record.fields
  return [`    ${layerSymbol(name, record)}(${[input, output, second, constants].map(at).join(', ')});`]
}
