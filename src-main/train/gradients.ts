// Reverse-mode differentiation of a float graph, emitted as ONNX nodes. One row an op: how it runs forward and how the
// gradient of its output becomes gradients of its inputs. An op, or an activation, without a row cannot be trained.

import { AppError } from '../base/errors.ts'
import type { Activation, FullyConnected, Graph, Op, OpKind, Relu, Reshape, TensorId } from '../ir/graph.ts'
import type { OnnxBuilder, Value } from './onnx-builder.ts'

/** What a row works with. Activations carry the batch as their first dimension. */
export interface Tape {
  graph: Graph
  onnx: OnnxBuilder
  batch: number
  /** the value of a tensor in the forward pass */
  valueOf(tensor: TensorId): Value
  setValue(tensor: TensorId, value: Value): void
  /** the gradient of the loss by a tensor, once every op that reads it has been walked */
  gradientOf(tensor: TensorId): Value
  addGradient(tensor: TensorId, gradient: Value): void
  /** false for the graph's own inputs: their gradients are of no use */
  needsGradient(tensor: TensorId): boolean
}

/** The member of the union whose kind may be K (Relu stands for two kinds). */
type OpOf<K extends OpKind, O = Op> = O extends { kind: infer Kinds } ? (K extends Kinds ? O : never) : never

interface Rule<O extends Op> {
  forward(tape: Tape, op: O): void
  backward(tape: Tape, op: O): void
}

interface ActivationRule {
  apply(onnx: OnnxBuilder, x: Value): Value
  /** dL/dx from dL/dy, written with the output y */
  gradient(onnx: OnnxBuilder, y: Value, dy: Value): Value
}

const maskWhere = (onnx: OnnxBuilder, condition: Value, dy: Value) =>
  onnx.node('Where', [condition, dy, onnx.scalar(0)])

const ACTIVATIONS: Partial<Record<Activation, ActivationRule>> = {
  none: { apply: (_, x) => x, gradient: (_, __, dy) => dy },
  relu: {
    apply: (onnx, x) => onnx.node('Relu', [x]),
    gradient: (onnx, y, dy) => maskWhere(onnx, onnx.node('Greater', [y, onnx.scalar(0)]), dy),
  },
  relu6: {
    apply: (onnx, x) => onnx.node('Clip', [x, onnx.scalar(0), onnx.scalar(6)]),
    gradient: (onnx, y, dy) => {
      const inside = [onnx.node('Greater', [y, onnx.scalar(0)]), onnx.node('Less', [y, onnx.scalar(6)])]
      return maskWhere(onnx, onnx.node('And', inside), dy)
    },
  },
}

function activationRule(activation: Activation): ActivationRule {
  const rule = ACTIVATIONS[activation]
  if (rule === undefined) throw new AppError('MODEL_OPS_UNSUPPORTED', `Activation ${activation} cannot be trained.`)
  return rule
}

const FULLY_CONNECTED: Rule<FullyConnected> = {
  // x [B, in], weights [out, in], bias [out] -> y = act(x W^T + b) [B, out]
  forward(tape, op) {
    const [x, weights, bias] = op.inputs
    const operands = [x!, weights!, ...(bias === undefined ? [] : [bias])].map((id) => tape.valueOf(id))
    const sum = tape.onnx.node('Gemm', operands, { transB: 1 })
    tape.setValue(op.outputs[0]!, activationRule(op.activation).apply(tape.onnx, sum))
  },
  // dW = dz^T x, db = sum of dz over the batch, dx = dz W
  backward(tape, op) {
    const { onnx } = tape
    const [x, weights, bias] = op.inputs
    const y = op.outputs[0]!
    const dz = activationRule(op.activation).gradient(onnx, tape.valueOf(y), tape.gradientOf(y))
    tape.addGradient(weights!, onnx.node('Gemm', [dz, tape.valueOf(x!)], { transA: 1 }))
    if (bias !== undefined) {
      tape.addGradient(bias, onnx.node('ReduceSum', [dz, onnx.integers([0])], { keepdims: 0 }))
    }
    if (tape.needsGradient(x!)) tape.addGradient(x!, onnx.node('MatMul', [dz, tape.valueOf(weights!)]))
  },
}

const unary = (activation: Activation): Rule<Relu> => ({
  forward(tape, op) {
    tape.setValue(op.outputs[0]!, activationRule(activation).apply(tape.onnx, tape.valueOf(op.inputs[0]!)))
  },
  backward(tape, op) {
    const y = op.outputs[0]!
    const gradient = activationRule(activation).gradient(tape.onnx, tape.valueOf(y), tape.gradientOf(y))
    if (tape.needsGradient(op.inputs[0]!)) tape.addGradient(op.inputs[0]!, gradient)
  },
})

const batched = (tape: Tape, tensor: TensorId) => [tape.batch, ...tape.graph.tensors[tensor]!.shape.slice(1)]

const RESHAPE: Rule<Reshape> = {
  forward(tape, op) {
    const shape = tape.onnx.integers(batched(tape, op.outputs[0]!))
    tape.setValue(op.outputs[0]!, tape.onnx.node('Reshape', [tape.valueOf(op.inputs[0]!), shape]))
  },
  backward(tape, op) {
    if (!tape.needsGradient(op.inputs[0]!)) return
    const shape = tape.onnx.integers(batched(tape, op.inputs[0]!))
    tape.addGradient(op.inputs[0]!, tape.onnx.node('Reshape', [tape.gradientOf(op.outputs[0]!), shape]))
  },
}

const RULES: { [K in OpKind]?: Rule<OpOf<K>> } = {
  FULLY_CONNECTED,
  RESHAPE,
  RELU: unary('relu'),
  RELU6: unary('relu6'),
}

/** The table's row for this very op: the one place where the union is narrowed by its kind. */
const ruleOf = (op: Op) => RULES[op.kind] as unknown as Rule<Op>

/** Throws MODEL_OPS_UNSUPPORTED naming every op that has no row. */
export function checkTrainable(graph: Graph): void {
  const missing = new Set(graph.ops.map((op) => op.kind).filter((kind) => RULES[kind] === undefined))
  if (missing.size === 0) return
  throw new AppError('MODEL_OPS_UNSUPPORTED', `Ops that cannot be trained: ${[...missing].join(', ')}.`)
}

/**
 * Emits the forward pass of `graph` for a batch. `known` gives the values of its inputs and parameters.
 * Returns the tape, whose `valueOf` holds every activation.
 */
export function emitForward(onnx: OnnxBuilder, graph: Graph, batch: number, known: ReadonlyMap<TensorId, Value>): Tape {
  checkTrainable(graph)
  const values = new Map(known)
  const gradients = new Map<TensorId, Value>()
  const lookUp = (map: Map<TensorId, Value>, tensor: TensorId) => {
    const value = map.get(tensor)
    if (value === undefined) throw new AppError('INTERNAL', `No value for tensor ${graph.tensors[tensor]?.name}.`)
    return value
  }
  const tape: Tape = {
    graph,
    onnx,
    batch,
    valueOf: (tensor) => lookUp(values, tensor),
    setValue: (tensor, value) => values.set(tensor, value),
    gradientOf: (tensor) => lookUp(gradients, tensor),
    addGradient: (tensor, gradient) => {
      const before = gradients.get(tensor)
      gradients.set(tensor, before === undefined ? gradient : onnx.node('Add', [before, gradient]))
    },
    needsGradient: (tensor) => !graph.inputs.includes(tensor),
  }
  for (const op of graph.ops) ruleOf(op).forward(tape, op)
  return tape
}

/** Walks the ops backwards. The loss must have added the gradients of the graph's outputs. */
export function emitBackward(tape: Tape): void {
  for (const op of tape.graph.ops.toReversed()) ruleOf(op).backward(tape, op)
}
