// The blob's constants as one C array: records and kernels reach into it by offset, so that what two layers share is
// there once.

import type { Reference } from '../layout.ts'
import { constantOffset, generatedHead, isConstant, isIdle, layerTitle, type ProjectParts } from './project-parts.ts'

const WORDS_A_LINE = 8

/** The source of `NAME_constants`, at a multiple of 16; a remark says what begins where. */
export function constantsText(parts: ProjectParts): string {
  const { constants } = parts.model
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength)
  const remarks = remarksByOffset(parts)
  const starts = [...new Set([0, ...remarks.keys()])].sort((a, b) => a - b)
  const lines = starts.flatMap((start, i) => [
    ...(remarks.get(start) ?? []).map((remark) => `    /* ${remark} */`),
    ...wordLines(view, start, starts[i + 1] ?? constants.length),
  ])
  return [
    generatedHead('Weights, biases and multipliers, as little-endian words.'),
    `#include "${parts.name}_parts.h"`,
    '',
    `_Alignas(16) const uint32_t ${parts.name}_constants[${parts.name.toUpperCase()}_CONSTANT_WORDS] = {`,
    ...lines,
    '};',
    '',
  ].join('\n')
}

function remarksByOffset(parts: ProjectParts): Map<number, string[]> {
  const remarks = new Map<number, string[]>()
  for (const record of parts.model.records) {
    if (isIdle(record)) continue
    for (const [field, value] of Object.entries(record.fields as Record<string, unknown>)) {
      if (!isReference(value) || !isConstant(value)) continue
      const at = constantOffset(value)
      const remark = `${layerTitle(parts, record)}: ${field}, ${value.bytes} bytes at ${at}`
      remarks.set(at, [...(remarks.get(at) ?? []), remark])
    }
  }
  return remarks
}

const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' && value !== null && 'offset' in value

function wordLines(view: DataView, start: number, end: number): string[] {
  const lines: string[] = []
  for (let at = start; at < end; at += 4 * WORDS_A_LINE) {
    const words: string[] = []
    for (let word = at; word < Math.min(end, at + 4 * WORDS_A_LINE); word += 4)
      words.push(`0x${view.getUint32(word, true).toString(16).padStart(8, '0')}`)
    lines.push(`    ${words.join(', ')},`)
  }
  return lines
}
