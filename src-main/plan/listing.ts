// The plan's machine code as assembly for people to read, layer by layer, with what runs each layer and why. It is a source
// that GNU as takes: what it makes of it is the packed blob's code, byte for byte.

import { ASSEMBLY_HEAD, kernelText } from '../codegen/kernel-text.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { Plan } from './plan.ts'
import { REASON_TEXT, type PlannedKernel } from './planned-kernel.ts'

export function planListing(plan: Plan): string {
  const { graph, target, kernels } = plan
  const generated = kernels.filter(({ source }) => source === 'generated').length
  return [
    `@ ${asRemark(graph.name)} on ${target.board}, ${target.core}: ${generated} of ${kernels.length} layers have a kernel made for them.`,
    '@ A kernel is called as a C function: r0 input, r1 output, r2 scratch or second input, r3 constants.',
    '',
    ...ASSEMBLY_HEAD,
    '    .text',
    ...kernels.flatMap((kernel, index) => ['', ...layerText(plan, kernel, index)]),
    '',
  ].join('\n')
}

function layerText({ graph }: Plan, kernel: PlannedKernel, index: number): string[] {
  const { kind, outputs } = graph.ops[index]!
  const title = `@ layer ${index}, ${kind}, gives ${asRemark(tensorAt(graph, outputs[0]).name)}`
  if (kernel.source === 'plain')
    return [`${title}`, `@ the C kernel of the firmware, because ${REASON_TEXT[kernel.reason]}`]
  const { family, kernel: emitted } = kernel.emitted
  const { code, constants, scratchBytes, stackBytes, requantize } = emitted
  const weights = constants.length > 0 ? [`${kernel.weights} weights`] : []
  const form = requantize === undefined ? [] : [`${requantize} requantise`]
  return [
    title,
    `@ ${[family, ...weights, ...form].join(', ')}, because ${REASON_TEXT[kernel.reason]}`,
    `@ ${code.bytes.length} bytes of code, ${constants.length} of constants, ${scratchBytes} of scratch, ${stackBytes} of stack`,
    ...kernelText(code, { symbol: `layer_${index}`, showsBytes: true }),
  ]
}

/** A name from a file must not end the remark that it stands in. */
const asRemark = (name: string) => name.replace(/[^\x20-\x7e]/g, '?')
