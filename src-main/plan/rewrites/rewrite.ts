// What a rewrite is, and how graphs are edited by one. Tensors keep their ids through every rewrite, new ones go to the end:
// so what a layer gives can be held against what it gave before, by id.

import { DTYPE_BYTES, elementCount, type Graph, type Op, type Tensor, type TensorId } from '../../ir/graph.ts'
import { tensorAt } from '../../ir/tensor-access.ts'

export type RewriteName =
  | 'constants folded'
  | 'identities removed'
  | 'reshapes removed'
  | 'activations fused'
  | 'paddings folded'
  | 'channels removed'

/** One change of a graph. */
export interface RewriteStep {
  graph: Graph
  /** the layers that are gone or smaller, in words */
  layers: readonly string[]
  /** of tensors that lost channels: which of them are left, ascending */
  keptChannels?: ReadonlyMap<TensorId, readonly number[]>
}

export interface Rewrite {
  name: RewriteName
  /** The first change that it finds, or undefined. The outputs of the graph are the same, bit for bit. */
  apply(graph: Graph): RewriteStep | undefined
}

export const isConstant = (graph: Graph, id: TensorId | undefined) => tensorAt(graph, id).data !== undefined

export const isInt8 = (graph: Graph, id: TensorId | undefined) => tensorAt(graph, id).dtype === 'int8'

/** The ops that read a tensor, by index. */
export const readersOf = (graph: Graph, id: TensorId): number[] =>
  [...graph.ops.keys()].filter((index) => graph.ops[index]!.inputs.includes(id))

/** The index of the op that writes a tensor; undefined for inputs and constants. */
export function writerOf(graph: Graph, id: TensorId): number | undefined {
  const index = graph.ops.findIndex((op) => op.outputs.includes(id))
  return index < 0 ? undefined : index
}

/** Whether integers mean the same in both: the constants of ops that read them are then equal, too. */
export function meansTheSame(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype) return false
  const [p, q] = [a.quantization, b.quantization]
  if (p === undefined || q === undefined) return p === q
  const isPerTensor = p.scale.length === 1 && q.scale.length === 1
  return isPerTensor && p.scale[0] === q.scale[0] && p.zeroPoint[0] === q.zeroPoint[0]
}

/** `RELU x`, as steps name layers. */
export const layerName = (graph: Graph, op: Op): string => `${op.kind} ${tensorAt(graph, op.outputs[0]).name}`

/** Without op `index`: whoever read its output reads `from` instead. */
export function readInstead(graph: Graph, index: number, from: TensorId): Graph {
  const output = graph.ops[index]!.outputs[0]!
  const ops = graph.ops
    .filter((_, i) => i !== index)
    .map((op) =>
      op.inputs.includes(output) ? { ...op, inputs: op.inputs.map((id) => (id === output ? from : id)) } : op,
    )
  return { ...graph, ops }
}

/** Without op `index`: `writer`, which wrote its input, is `changed` to write its output. */
export function writeInstead(graph: Graph, index: number, writer: number, changed: Op): Graph {
  const [input, output] = [graph.ops[index]!.inputs[0]!, graph.ops[index]!.outputs[0]!]
  const outputs = changed.outputs.map((id) => (id === input ? output : id))
  const ops = graph.ops.with(writer, { ...changed, outputs }).filter((_, i) => i !== index)
  return { ...graph, ops }
}

/** The op that writes this alone, where `reader` alone reads it and nobody else sees it; undefined otherwise. */
export function soleWriter(graph: Graph, id: TensorId, reader: number): number | undefined {
  const isSeen = graph.outputs.includes(id) || readersOf(graph, id).some((index) => index !== reader)
  const writer = isSeen ? undefined : writerOf(graph, id)
  return writer !== undefined && graph.ops[writer]!.outputs.length === 1 ? writer : undefined
}

/** Without an op that gives its input as it is; undefined where input and output of the graph would become one. */
export function withoutIdentity(graph: Graph, index: number): Graph | undefined {
  const op = graph.ops[index]!
  const [input, output] = [op.inputs[0]!, op.outputs[0]!]
  if (!graph.outputs.includes(output)) return readInstead(graph, index, input)
  const writer = soleWriter(graph, input, index)
  return writer === undefined ? undefined : writeInstead(graph, index, writer, graph.ops[writer]!)
}

/** Bytes of what ops write, and of the constants that they read, each counted once. */
export function graphBytes(graph: Graph): { activations: number; constants: number } {
  const size = ({ shape, dtype }: Tensor) => elementCount(shape) * DTYPE_BYTES[dtype]
  const sum = (ids: Iterable<TensorId>) => [...new Set(ids)].reduce((bytes, id) => bytes + size(tensorAt(graph, id)), 0)
  return {
    activations: sum(graph.ops.flatMap((op) => op.outputs)),
    constants: sum(graph.ops.flatMap((op) => op.inputs.filter((id) => isConstant(graph, id)))),
  }
}
