import { z } from 'zod'
import { formatBytes, formatInteger, formatLatency, NOTHING } from '../../contract/format.ts'
import { inferModel, type InferReport } from '../../jobs/infer-model.ts'
import { defineCommand, flagOn } from '../command.ts'
import { boardFlag, boardPlace, boardPlaceFlags, boardPlaceOptions, standalone } from '../shared-options.ts'
import { formatPairs, formatTable } from '../table.ts'
import { boardWords, timingWords } from '../words.ts'

export const infer = defineCommand({
  name: 'infer',
  args: ['<file>'],
  summary: 'One inference of a model on a board, layer by layer',
  flags: [
    { ...boardFlag, text: 'where it runs; host: the interpreter on this machine, float models too' },
    { name: 'input', value: '<raw>', text: "the input tensor's bytes, little-endian, in its own type and layout" },
    ...boardPlaceFlags,
    { name: 'input-float', text: 'the bytes are float32 values: quantize them' },
  ],
  options: z.object({ board: z.string(), ...boardPlaceOptions, input: z.string(), 'input-float': flagOn }),
  run: ([file], { input, 'input-float': inputFloat, ...place }, io) =>
    inferModel({ file: file!, input, inputFloat, ...boardPlace(place, io) }, standalone(io)),
  print: inferText,
})

const MOST_VALUES = 16

function inferText(report: InferReport): string {
  const outputs = report.outputs.map(({ name, dtype, shape, data }) => {
    const more = data.length > MOST_VALUES ? ` … ${formatInteger(data.length)} values` : ''
    return [name, `${dtype} [${shape.join(', ')}]: ${data.slice(0, MOST_VALUES).join(' ')}${more}`] as const
  })
  const head = formatPairs([
    ...outputs,
    ['board', `${report.board}, ${boardWords(report)}`],
    ['latency', report.latencyUs === null ? null : formatLatency(report.latencyUs)],
    ['timing', timingWords(report.timing, report.provenanceDetail.clock_hz)],
    ['instructions', report.instructions === null ? null : formatInteger(report.instructions)],
    ['cycles', report.cycles === null ? null : formatInteger(report.cycles)],
    ['flash, model', report.flashBytes && formatBytes(report.flashBytes.total)],
    ['RAM, arena', report.ramBytes && formatBytes(report.ramBytes.arena)],
  ])
  const orNothing = (value: number | null) => (value === null ? NOTHING : formatInteger(value))
  const layers = formatTable(
    ['layer', 'op', 'MACs', 'instructions', 'cycles'],
    report.layers.map((layer) => [
      String(layer.index),
      layer.op,
      formatInteger(layer.macs),
      orNothing(layer.instructions),
      orNothing(layer.cycles),
    ]),
  )
  return `${head}\n\n${layers}`
}
