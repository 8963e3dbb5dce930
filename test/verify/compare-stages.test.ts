import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { elementCount, type Graph, type TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { compareStages } from '../../src-main/verify/compare-stages.ts'
import { interpreterEvaluator, type Evaluator } from '../../src-main/verify/evaluator.ts'
import { EXACT, ONE_QUANTUM, passes, REPORT } from '../../src-main/verify/gates.ts'
import { ErrorMeter } from '../../src-main/verify/tensor-errors.ts'
import { assertPassed, verifyStages } from '../../src-main/verify/verify-stages.ts'
import { floatTwin } from '../support/float-twin.ts'
import { smallNetwork } from '../support/small-network.ts'

const ctx = { signal: new AbortController().signal, progress: () => undefined }
const graph = smallNetwork(1)
const samples = Array.from({ length: 4 }, (_, i) => {
  const rng = createRng(i)
  return [Float32Array.from({ length: elementCount(graph.tensors[graph.inputs[0]!]!.shape) }, () => rng.normal())]
})

/** The interpreter, except that one op adds `error` to its first value. */
function faulty(model: Graph, faultyOp: number, error: number): Evaluator {
  const sound = interpreterEvaluator(model, 'board')
  const spoil = (index: number, outputs: readonly TensorData[]) => {
    const [first, ...others] = outputs.map((data) => data.slice())
    const values = first as Int8Array
    if (index === faultyOp) values[0] = values[0]! + error
    return [values, ...others]
  }
  return {
    ...sound,
    run(inputs) {
      // the fault travels on: every later op works on the spoilt tensor
      const interpreter = createInterpreter(model)
      const known = new Map<number, TensorData>(model.inputs.map((id, i) => [id, inputs[i]!]))
      return model.ops.map((op, index) => {
        const own = op.inputs.filter((id) => model.tensors[id]!.data === undefined)
        const outputs = spoil(index, interpreter.runOp(index, own.map((id) => known.get(id)!))) // prettier-ignore
        op.outputs.forEach((id, i) => known.set(id, outputs[i]!))
        return outputs
      })
    },
    runOp: (index, inputs) => spoil(index, interpreterEvaluator(model, '').runOp!(index, inputs) as TensorData[]),
  }
}

describe('the int8 interpreter against another stage', () => {
  test('an equal stage passes, with no error anywhere', async () => {
    const report = await verifyStages(
      { int8Graph: graph, samples, others: [interpreterEvaluator(graph, 'host C')] },
      ctx,
    )
    expect(report.passed).toBe(true)
    expect(report.stages[0]!.layers.map(({ op }) => op)).toEqual(graph.ops.map(({ kind }) => kind))
    for (const { own, accumulated } of report.stages[0]!.layers) {
      expect(own).toMatchObject({ mismatches: 0, maxAbs: 0, relative: 0, sqnrDb: null })
      expect(accumulated.mismatches).toBe(0)
    }
    expect(() => assertPassed(report)).not.toThrow()
  })

  test('one wrong value is found in its own layer and only there', async () => {
    const report = await verifyStages({ int8Graph: graph, samples, others: [faulty(graph, 2, 1)] }, ctx)
    const [stage] = report.stages
    expect(report.passed).toBe(false)
    expect(stage!.layers.filter(({ passed }) => !passed).map(({ index }) => index)).toEqual([2])
    expect(stage!.layers[2]!.own).toMatchObject({ mismatches: samples.length, maxQuanta: 1 })
    expect(stage!.layers[3]!.own!.mismatches).toBe(0)
    expect(stage!.layers[3]!.accumulated.mismatches).toBeGreaterThan(0)
    expect(() => assertPassed(report)).toThrow(
      expect.objectContaining({ code: 'VERIFY_FAILED', message: expect.stringContaining('Layer 2 CONV_2D') as string }),
    )
  })

  test('one quantum passes a gate of one quantum, two do not', async () => {
    const reference = interpreterEvaluator(graph, 'int8')
    for (const [error, passed] of [
      [1, true],
      [2, false],
    ] as const) {
      // prettier-ignore
      const candidate = faulty(graph, 2, error)
      const report = await compareStages({ reference, candidate, samples, gate: ONE_QUANTUM }, ctx)
      expect(report.layers[2]!.passed).toBe(passed)
    }
  })

  test('a stage that only runs as a whole is gated on its own run', async () => {
    const { runOp: _, ...whole } = faulty(graph, 2, 1)
    const reference = interpreterEvaluator(graph, 'int8')
    const report = await compareStages({ reference, candidate: whole, samples, gate: EXACT }, ctx)
    expect(report.layers[2]).toMatchObject({ own: null, passed: false })
    expect(report.layers[1]!.passed).toBe(true)
  })
})

describe('float against int8', () => {
  test('is reported layer by layer, and never gated', async () => {
    const float = floatTwin(graph)
    const report = await verifyStages({ floatGraph: float, int8Graph: graph, samples }, ctx)
    const [stage] = report.stages
    expect(stage!.gate).toEqual(REPORT)
    expect(stage!.passed).toBe(true)
    const conv = stage!.layers.find(({ op }) => op === 'CONV_2D')!
    expect(conv.own!.sqnrDb).toBeGreaterThan(10)
    expect(conv.own!.cosine).toBeGreaterThan(0.95)
    // the conversions that the float graph does not have are left out, whatever lies between them
    expect(stage!.layers.map(({ op }) => op)).toEqual(float.ops.map(({ kind }) => kind))
    expect(stage!.layers.every(({ own, accumulated }) => own!.values === accumulated.values)).toBe(true)
  })

  test('graphs of other ops are refused', async () => {
    const shorter: Graph = { ...graph, ops: graph.ops.slice(0, 3), outputs: graph.ops[2]!.outputs }
    await expect(
      verifyStages({ floatGraph: floatTwin(shorter), int8Graph: graph, samples }, ctx),
    ).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
    })
  })
})

test('a comparison can be cancelled', async () => {
  const reference = interpreterEvaluator(graph, 'int8')
  const cancelled = { signal: AbortSignal.abort(), progress: () => undefined }
  await expect(
    compareStages({ reference, candidate: reference, samples, gate: EXACT }, cancelled),
  ).rejects.toMatchObject({ code: 'CANCELLED' })
})

describe('ErrorMeter', () => {
  const measure = (reference: number[], given: number[], quantum?: number) => {
    const meter = new ErrorMeter(quantum)
    meter.add(reference, given)
    return meter.result()
  }

  test('figures of a worked case', () => {
    const errors = measure([3, -4], [3, -5])
    expect(errors).toMatchObject({ values: 2, maxAbs: 1, meanAbs: 0.5, relative: 0.25, mismatches: 1, maxQuanta: null })
    expect(errors.sqnrDb).toBeCloseTo(10 * Math.log10(25 / 1), 12)
    expect(errors.cosine).toBeCloseTo(29 / (5 * Math.sqrt(34)), 12)
  })

  test('counts quanta where there is a quantum', () => {
    expect(measure([0.5, 1], [1.5, 1], 0.5).maxQuanta).toBe(2)
  })

  test.each([
    ['not a number on one side', [1, 2], [1, NaN]],
    ['infinite on one side', [1, 2], [1, Infinity]],
  ])('%s passes no gate', (_, reference, given) => {
    const errors = measure(reference, given, 1)
    expect(passes(EXACT, errors) || passes(ONE_QUANTUM, errors) || passes({ kind: 'relative', limit: 1 }, errors)).toBe(
      false,
    )
  })

  test('an error against a reference of zeros is infinite, none is none', () => {
    expect(measure([0, 0], [0, 1]).relative).toBe(Infinity)
    expect(measure([0, 0], [0, 0])).toMatchObject({ relative: 0, cosine: 1, sqnrDb: null })
  })

  test('tensors of different sizes are refused', () => {
    expect(() => measure([1], [1, 2])).toThrow(expect.objectContaining({ code: 'VERIFY_FAILED' }))
  })
})
