// The generated kernels as assembly for people to read: the listing's own text, which GNU as makes the same bytes of.

import { AppError } from '../../base/errors.ts'
import type { EmittedKernel, WeightForm } from '../../codegen/kernels/kernel.ts'
import { ASSEMBLY_HEAD, kernelText } from '../../codegen/kernel-text.ts'
import type { PlannedKernel } from '../../plan/planned-kernel.ts'
import {
  generatedHead,
  generatedRecords,
  layerSymbol,
  layerTitle,
  type GeneratedRecord,
  type ProjectParts,
} from './project-parts.ts'

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
    ...ASSEMBLY_HEAD,
    `    .section .text.${name}_kernels, "ax", %progbits`,
    '    .balign 16',
  ]
  return [...head, ...generatedRecords(model).flatMap((record) => layerText(parts, record)), ''].join('\n')
}

type GeneratedKernel = Extract<PlannedKernel, { source: 'generated' }>

function plannedOf({ plan }: ProjectParts, { opIndex }: GeneratedRecord): GeneratedKernel {
  const planned = plan.kernels[opIndex]!
  if (planned.source !== 'generated') throw new AppError('INTERNAL', `Layer ${opIndex} has no generated kernel.`)
  return planned
}

export const kernelOf = (parts: ProjectParts, record: GeneratedRecord): EmittedKernel =>
  plannedOf(parts, record).emitted.kernel

function layerText(parts: ProjectParts, record: GeneratedRecord): string[] {
  const { weights, emitted } = plannedOf(parts, record)
  const { code, stackBytes } = emitted.kernel
  return [
    '',
    `@ ${layerTitle(parts, record)}: ${[emitted.family, ...weightForm(record, weights)].join(', ')}, ${code.bytes.length} bytes, ${stackBytes} bytes of stack`,
    ...kernelText(code, { symbol: layerSymbol(parts.name, record) }),
  ]
}

/** A sum has none. */
const weightForm = ({ fields }: GeneratedRecord, form: WeightForm): string[] =>
  fields.constants.bytes > 0 ? [`${form} weights`] : []
