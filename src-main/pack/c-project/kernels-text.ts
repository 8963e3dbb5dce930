// The generated kernels as assembly for people to read: the listing's own text, which GNU as makes the same bytes of.

import { AppError } from '../../base/errors.ts'
import type { EmittedKernel, WeightForm } from '../../codegen/kernels/kernel.ts'
import type { ListingLine } from '../../codegen/layout.ts'
import type { PlannedKernel } from '../../plan/planned-kernel.ts'
import {
  generatedHead,
  generatedRecords,
  layerSymbol,
  layerTitle,
  type GeneratedRecord,
  type ProjectParts,
} from './project-parts.ts'

/** Where a remark begins. */
const REMARK_COLUMN = 44

/** The source of all generated kernels, in the order of the blob's code; it begins as the blob's code does, at 16. */
export function kernelsText(parts: ProjectParts): string {
  const { name, model } = parts
  const head = [
    generatedHead('Machine code made for each layer of the model.'),
    '',
    '@ A kernel is called as a C function: r0 input, r1 output, r2 scratch or second input, r3 constants, all of them at',
    '@ multiples of 4. It calls nothing and changes nothing but its output and its scratch.',
    '',
    `#include "${name}.h"`,
    '',
    '    .syntax unified',
    '    .thumb',
    `    .section .text.${name}_kernels, "ax", %progbits`,
    '    .balign 16',
  ]
  return [...head, ...generatedRecords(model).flatMap((record) => kernelText(parts, record)), ''].join('\n')
}

type GeneratedKernel = Extract<PlannedKernel, { source: 'generated' }>

function plannedOf({ plan }: ProjectParts, { opIndex }: GeneratedRecord): GeneratedKernel {
  const planned = plan.kernels[opIndex]!
  if (planned.source !== 'generated') throw new AppError('INTERNAL', `Layer ${opIndex} has no generated kernel.`)
  return planned
}

export const kernelOf = (parts: ProjectParts, record: GeneratedRecord): EmittedKernel =>
  plannedOf(parts, record).emitted.kernel

function kernelText(parts: ProjectParts, record: GeneratedRecord): string[] {
  const symbol = layerSymbol(parts.name, record)
  const { weights, emitted } = plannedOf(parts, record)
  const { code, stackBytes } = emitted.kernel
  const rename = (text: string) =>
    text.replace(/[A-Za-z_]\w*/g, (word) => (code.labels.has(word) ? `.L${symbol}_${word}` : word))
  return [
    '',
    `@ ${layerTitle(parts, record)}: ${[emitted.family, ...weightForm(record, weights)].join(', ')}, ${code.bytes.length} bytes, ${stackBytes} bytes of stack`,
    `    .global ${symbol}`,
    `    .type ${symbol}, %function`,
    '    .thumb_func',
    `${symbol}:`,
    ...code.lines.flatMap((line) => lineText(line, rename)),
    '    .balign 4, 0',
    `    .size ${symbol}, . - ${symbol}`,
  ]
}

/** A sum has none. */
const weightForm = ({ fields }: GeneratedRecord, form: WeightForm): string[] =>
  fields.constants.bytes > 0 ? [`${form} weights`] : []

function lineText({ text, comment }: ListingLine, rename: (text: string) => string): string[] {
  const isLabel = text.endsWith(':')
  const shown = isLabel ? rename(text) : `    ${renameOperands(text, rename)}`
  return comment === '' ? [shown] : [`${shown.padEnd(REMARK_COLUMN - 1)} @ ${comment}`]
}

/** A mnemonic is never a label. */
function renameOperands(text: string, rename: (text: string) => string): string {
  const end = text.indexOf(' ')
  return end < 0 ? text : text.slice(0, end) + rename(text.slice(end))
}
