import { z } from 'zod'
import { formatBytes, formatCount, formatInteger } from '../../contract/format.ts'
import type { Inspection } from '../../contract/api.ts'
import { inspectModel } from '../../jobs/inspect-model.ts'
import { defineCommand } from '../command.ts'
import { formatPairs } from '../table.ts'

export const inspect = defineCommand({
  name: 'inspect',
  args: ['<file>'],
  summary: 'What is in a model file',
  flags: [],
  options: z.object({}),
  run: async ([file]) => inspectModel(file!),
  print: (value) =>
    formatPairs([
      ['format', value.format],
      ...value.inputs.map((tensor) => ['input', tensorText(tensor)] as const),
      ...value.outputs.map((tensor) => ['output', tensorText(tensor)] as const),
      [
        'ops',
        Object.entries(value.ops)
          .map(([kind, times]) => `${kind} ×${times}`)
          .join(', '),
      ],
      ['parameters', formatInteger(value.parameters)],
      ['MACs', formatCount(value.macs)],
      ['weights', formatBytes(value.weightBytes)],
    ]),
})

function tensorText(tensor: Inspection['inputs'][number]): string {
  const scale = tensor.scale === null ? '' : `, scale ${tensor.scale}, zero point ${tensor.zeroPoint}`
  return `${tensor.name} ${tensor.dtype} [${tensor.shape.join(', ')}]${scale}`
}
