// Layer by layer: a candidate against a reference. Each layer is fed the reference's OWN input, and that error is
// gated; the error that builds up when the candidate runs by itself is shown beside it.

import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import { roundHalfAwayFromZero } from '../ir/fixed-point.ts'
import type { Graph, Op, Tensor, TensorData, TensorId } from '../ir/graph.ts'
import { variableInputs } from '../ir/interpreter/interpreter.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { Evaluator } from './evaluator.ts'
import { passes, type Gate } from './gates.ts'
import { ErrorMeter, type TensorErrors } from './tensor-errors.ts'

export interface LayerReport {
  /** of the candidate's graph */
  index: number
  op: string
  /** the name of the first output tensor */
  output: string
  /** given the reference's own input; null where the candidate can't run one op alone */
  own: TensorErrors | null
  accumulated: TensorErrors
  passed: boolean
}

/** A layer of the reference that a rewrite took out of the candidate: nobody can compare it. */
export interface RemovedLayer {
  /** of the reference's graph */
  index: number
  op: string
  /** the name of the output tensor */
  output: string
}

export interface StageReport {
  reference: string
  candidate: string
  gate: Gate
  samples: number
  layers: LayerReport[]
  removed: RemovedLayer[]
  passed: boolean
}

export interface Comparison {
  reference: Evaluator
  candidate: Evaluator
  /** for each sample, values for the reference's inputs; the candidate gets them in its own types */
  samples: readonly (readonly TensorData[])[]
  gate: Gate
}

/**
 * Compares every layer that the two graphs share. Ops are paired in order; QUANTIZE and DEQUANTIZE that only one of the
 * graphs has are left out. Where the candidate was rewritten from the reference, layers are paired by the tensor that they
 * write: what was fused is compared after the fusion, of a layer that lost channels those that are left, and layers that
 * are gone are named. Where the candidate can't run single ops, the gate applies to its own run.
 */
export async function compareStages(
  { reference, candidate, samples, gate }: Comparison,
  ctx: Pick<StageContext, 'signal' | 'progress'>,
): Promise<StageReport> {
  const pairs = pairOps(reference.graph, candidate)
  const kept = keptOf(reference.graph, candidate)
  const meters = pairs.map(([r, c]) => {
    const quantum = sharedQuantum(outputOf(reference.graph, r), outputOf(candidate.graph, c))
    return { own: new ErrorMeter(quantum), accumulated: new ErrorMeter(quantum) }
  })
  const partners = partnerTensors(reference.graph, candidate, pairs)

  for (const [i, sample] of samples.entries()) {
    throwIfCancelled(ctx.signal)
    ctx.progress(i, samples.length)
    const known = new Map<TensorId, TensorData>()
    reference.graph.inputs.forEach((id, k) => known.set(id, sample[k]!))
    const expected = await reference.run(sample)
    reference.graph.ops.forEach((op, k) => op.outputs.forEach((id, i) => known.set(id, expected[k]![i]!)))

    const given = await candidate.run(inputsFor(candidate.graph, reference.graph, sample))
    for (const [k, [r, c]] of pairs.entries()) {
      const left = expected[r]!.map((data, i) => kept(data, reference.graph.ops[r]!.outputs[i]!))
      const want = realOutputs(reference.graph, r, left)
      realOutputs(candidate.graph, c, given[c]!).forEach((data, i) => meters[k]!.accumulated.add(want[i]!, data))
      if (candidate.runOp === undefined) continue
      const inputs = variableInputs(candidate.graph, candidate.graph.ops[c]!).map((id) => {
        const partner = partners.get(id)!
        const values = kept(known.get(partner)!, partner)
        return convert(values, tensorAt(reference.graph, partner), tensorAt(candidate.graph, id))
      })
      const own = realOutputs(candidate.graph, c, await candidate.runOp(c, inputs))
      own.forEach((data, i) => meters[k]!.own.add(want[i]!, data))
    }
  }
  ctx.progress(samples.length, samples.length)

  const layers = pairs.map(([, c], k): LayerReport => {
    const accumulated = meters[k]!.accumulated.result()
    const own = candidate.runOp === undefined ? null : meters[k]!.own.result()
    const { kind } = candidate.graph.ops[c]!
    return {
      index: c,
      op: kind,
      output: outputOf(candidate.graph, c).name,
      own,
      accumulated,
      passed: passes(gate, own ?? accumulated),
    }
  })
  return {
    reference: reference.name,
    candidate: candidate.name,
    gate,
    samples: samples.length,
    layers,
    removed: removedOps(reference.graph, candidate, pairs),
    passed: layers.every((layer) => layer.passed),
  }
}

/** A sample for the inputs of `from`, as the inputs of `to` take it. */
export const inputsFor = (to: Graph, from: Graph, sample: readonly TensorData[]): TensorData[] =>
  to.inputs.map((id, i) => convert(sample[i]!, tensorAt(from, from.inputs[i]), tensorAt(to, id)))

type OpPair = readonly [reference: number, candidate: number]

/** Whether tensors of both have the same ids. */
const isRewritten = (reference: Graph, { rewrittenFrom }: Evaluator) => rewrittenFrom?.graph === reference

/** Of a reference's values those that the candidate has too. */
function keptOf(reference: Graph, candidate: Evaluator): (data: TensorData, id: TensorId) => TensorData {
  if (!isRewritten(reference, candidate)) return (data) => data
  const { keptChannels } = candidate.rewrittenFrom!
  return (data, id) => {
    const channels = keptChannels.get(id)
    if (channels === undefined) return data
    const all = tensorAt(reference, id).shape.at(-1)!
    return Int8Array.from({ length: (data.length / all) * channels.length }, (_, i) => {
      const pixel = Math.floor(i / channels.length)
      return Number(data[pixel * all + channels[i % channels.length]!])
    })
  }
}

function removedOps(reference: Graph, candidate: Evaluator, pairs: readonly OpPair[]): RemovedLayer[] {
  if (!isRewritten(reference, candidate)) return []
  const paired = new Set(pairs.map(([r]) => r))
  return reference.ops.flatMap(({ kind }, index) =>
    paired.has(index) ? [] : [{ index, op: kind, output: outputOf(reference, index).name }],
  )
}

function pairOps(reference: Graph, evaluator: Evaluator): OpPair[] {
  const candidate = evaluator.graph
  if (reference === candidate) return reference.ops.map((_, i) => [i, i])
  if (isRewritten(reference, evaluator)) {
    const writers = new Map(reference.ops.map((op, index) => [op.outputs[0], index]))
    return candidate.ops.map((op, c) => [writers.get(op.outputs[0])!, c])
  }
  const computing = (graph: Graph) => [...graph.ops.keys()].filter((i) => !isConversion(graph.ops[i]!))
  const [left, right] = [computing(reference), computing(candidate)]
  const kinds = (graph: Graph, indices: readonly number[]) => indices.map((i) => graph.ops[i]!.kind).join(', ')
  if (kinds(reference, left) !== kinds(candidate, right))
    throw new AppError('VERIFY_FAILED', `${reference.name} and ${candidate.name} are not made of the same ops.`, {
      hint: 'Compare a model with what was made of it: the same layers in the same order.',
      context: { reference: kinds(reference, left), candidate: kinds(candidate, right) },
    })
  return left.map((r, k) => [r, right[k]!])
}

const isConversion = (op: Op) => op.kind === 'QUANTIZE' || op.kind === 'DEQUANTIZE'

const outputOf = (graph: Graph, index: number) => tensorAt(graph, graph.ops[index]?.outputs[0])

const realOutputs = (graph: Graph, index: number, outputs: readonly TensorData[]) =>
  graph.ops[index]!.outputs.map((id, i) => real(outputs[i]!, tensorAt(graph, id)))

/** For each computed tensor of the candidate, the reference's tensor that means the same. */
function partnerTensors(reference: Graph, evaluator: Evaluator, pairs: readonly OpPair[]): Map<TensorId, TensorId> {
  const candidate = evaluator.graph
  if (reference === candidate || isRewritten(reference, evaluator))
    return new Map(reference.tensors.map((_, id) => [id, id]))
  const partners = new Map<TensorId, TensorId>()
  candidate.inputs.forEach((id, i) => partners.set(id, reference.inputs[i]!))
  const paired = new Map(pairs.map(([r, c]) => [c, r]))
  candidate.ops.forEach((op, index) => {
    const r = paired.get(index)
    // a conversion that only the candidate has stands for what goes into it
    op.outputs.forEach((id, i) =>
      partners.set(id, r === undefined ? partners.get(op.inputs[0]!)! : reference.ops[r]!.outputs[i]!),
    )
  })
  return partners
}

/** The scale, where both tensors hold integers of the same meaning. */
function sharedQuantum(a: Tensor, b: Tensor): number | undefined {
  if (a.dtype === 'float32' || b.dtype === 'float32') return undefined
  const same = a.quantization?.scale[0] === b.quantization?.scale[0]
  return same && a.quantization?.zeroPoint[0] === b.quantization?.zeroPoint[0] ? a.quantization?.scale[0] : undefined
}

/** The real values that a tensor stands for. */
function real(data: TensorData, tensor: Tensor): Float64Array {
  const { scale = [1], zeroPoint = [0] } = tensor.quantization ?? {}
  return Float64Array.from(data as Int8Array, (value) => scale[0]! * (value - zeroPoint[0]!))
}

/** The same real values in another tensor's type: float32, or int8 by its scale, saturating. */
function convert(data: TensorData, from: Tensor, to: Tensor): TensorData {
  const { quantization } = to
  if (from === to || sharedQuantum(from, to) !== undefined) return data
  const values = real(data, from)
  if (to.dtype !== 'int8' || quantization === undefined) return Float32Array.from(values)
  const [scale, zeroPoint] = [quantization.scale[0]!, quantization.zeroPoint[0]!]
  return Int8Array.from(values, (value) =>
    Math.max(-128, Math.min(127, roundHalfAwayFromZero(Math.fround(value / scale)) + zeroPoint)),
  )
}
