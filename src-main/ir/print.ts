import type { Graph, Op, Quantization, TensorId } from './graph.ts'
import { opMacs } from './op-table.ts'
import { tensorAt } from './tensor-access.ts'

/**
 * A graph as text, one op a line, for logs and diagnostics:
 * `3 CONV_2D %1 int8[1, 8, 8, 4] <- %0 ... {strideH: 1, ...} 4608 MACs`
 */
export function printGraph(graph: Graph): string {
  return [
    `${graph.name}(${graph.inputs.map((id) => printTensor(graph, id)).join(', ')})`,
    ...graph.ops.map((op, index) => `  ${index} ${printOp(graph, op)}`),
    `  -> ${graph.outputs.map((id) => printTensor(graph, id)).join(', ')}`,
  ].join('\n')
}

function printOp(graph: Graph, op: Op): string {
  const { kind, inputs, outputs, ...attributes } = op
  const details = Object.entries(attributes).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  const macs = opMacs(graph, op)
  return [
    kind,
    outputs.map((id) => printTensor(graph, id)).join(', '),
    '<-',
    inputs.map((id) => printTensor(graph, id)).join(', '),
    ...(details.length > 0 ? [`{${details.join(', ')}}`] : []),
    ...(macs > 0 ? [`${macs} MACs`] : []),
  ].join(' ')
}

function printTensor(graph: Graph, id: TensorId): string {
  const { dtype, shape, data, quantization } = tensorAt(graph, id)
  return `%${id} ${data === undefined ? '' : 'const '}${dtype}[${shape.join(', ')}]${printQuantization(quantization)}`
}

function printQuantization(q: Quantization | undefined): string {
  if (q === undefined) return ''
  return q.scale.length === 1 ? ` @${q.scale[0]}+${q.zeroPoint[0]}` : ` @${q.scale.length} scales along ${q.axis}`
}
