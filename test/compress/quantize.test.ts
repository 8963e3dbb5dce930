import { describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { quantizeGraph } from '../../src-main/compress/quantize.ts'
import { findRecipe, RECIPES } from '../../src-main/compress/recipe.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { checkGraph } from '../../src-main/ir/check.ts'
import { elementCount, type Graph, type Op, type OpKind, type Tensor } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { quantizeActivation } from '../../src-main/compress/int8-parameters.ts'
import { stageContext } from '../support/stage-context.ts'
import { elementwiseNetwork, elementwiseSamples } from '../support/elementwise-network.ts'
import { hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'

const ptq = findRecipe('ptq')

/** Every op but QUANTIZE, DEQUANTIZE and the element-wise ones, on 8x8x3 images, with random weights. */
function everyOp(rng: Rng): Graph {
  const tensors: Tensor[] = [{ name: 'image', shape: [1, 8, 8, 3], dtype: 'float32' }]
  const ops: Op[] = []
  const tensor = (name: string, shape: number[]) => tensors.push({ name, shape, dtype: 'float32' }) - 1
  const constant = (name: string, shape: number[], deviation: number) => {
    const data = Float32Array.from({ length: elementCount(shape) }, () => deviation * rng.normal())
    return tensors.push({ name, shape, dtype: 'float32', data }) - 1
  }
  const window = { strideH: 1, strideW: 1, padding: 'same' } as const
  const dilation = { dilationH: 1, dilationW: 1 }
  const out = (op: Omit<Op, 'outputs'>, shape: number[]) => {
    const id = tensor(op.kind.toLowerCase(), shape)
    ops.push({ ...op, outputs: [id] } as Op)
    return id
  }
  const map = [1, 8, 8, 6]
  const conv = out(
    {
      kind: 'CONV_2D',
      inputs: [0, constant('conv/w', [6, 3, 3, 3], 0.3), constant('conv/b', [6], 0.3)],
      ...window,
      ...dilation,
      activation: 'none',
    } as Omit<Op, 'outputs'>,
    map,
  )
  const relu = out({ kind: 'RELU', inputs: [conv] }, map)
  const depthwise = out(
    {
      kind: 'DEPTHWISE_CONV_2D',
      inputs: [relu, constant('dw/w', [1, 3, 3, 6], 0.4)],
      ...window,
      ...dilation,
      multiplier: 1,
      activation: 'relu6',
    } as Omit<Op, 'outputs'>,
    map,
  )
  const sum = out({ kind: 'ADD', inputs: [relu, depthwise], activation: 'relu' } as Omit<Op, 'outputs'>, map)
  const shifted = out(
    { kind: 'ADD', inputs: [sum, constant('offset', [6], 0.5)], activation: 'none' } as Omit<Op, 'outputs'>,
    map,
  )
  const clipped = out({ kind: 'RELU6', inputs: [shifted] }, map)
  const pad = [
    [0, 0],
    [1, 0],
    [0, 1],
    [0, 0],
  ] as const
  const padded = out({ kind: 'PAD', inputs: [clipped], paddings: pad } as Omit<Op, 'outputs'>, [1, 9, 9, 6])
  const pool = { strideH: 2, strideW: 2, filterH: 2, filterW: 2, padding: 'valid', activation: 'none' } as const
  const most = out({ kind: 'MAX_POOL_2D', inputs: [padded], ...pool }, [1, 4, 4, 6])
  const average = out({ kind: 'AVERAGE_POOL_2D', inputs: [most], ...pool }, [1, 2, 2, 6])
  const mean = out({ kind: 'MEAN', inputs: [average], axes: [1], keepDims: true } as Omit<Op, 'outputs'>, [1, 1, 2, 6])
  const flat = out({ kind: 'RESHAPE', inputs: [mean] }, [1, 12])
  const logits = out(
    {
      kind: 'FULLY_CONNECTED',
      inputs: [flat, constant('fc/w', [5, 12], 1), constant('fc/b', [5], 0.5)],
      activation: 'none',
      keepNumDims: false,
    } as Omit<Op, 'outputs'>,
    [1, 5],
  )
  const probabilities = out({ kind: 'SOFTMAX', inputs: [logits], beta: 1 } as Omit<Op, 'outputs'>, [1, 5])
  return { name: 'every op', tensors, ops, inputs: [0], outputs: [probabilities] }
}

const samplesOf = (graph: Graph, count: number, seed: number, scale = 1) => {
  const rng = createRng(seed)
  const size = elementCount(graph.tensors[graph.inputs[0]!]!.shape)
  return Array.from({ length: count }, () => {
    const offset = rng.normal()
    return [Float32Array.from({ length: size }, () => scale * (offset + rng.normal()))]
  })
}

/** Runs float and int8 on the same inputs: signal-to-noise ratio of the outputs in dB, and how often the top-1 agrees. */
function compare(float: Graph, int8: Graph, samples: readonly (readonly Float32Array[])[]) {
  const [reference, quantized] = [createInterpreter(float), createInterpreter(int8)]
  const input = int8.tensors[int8.inputs[0]!]!.quantization!
  const { scale, zeroPoint } = int8.tensors[int8.outputs[0]!]!.quantization!
  let signal = 0
  let noise = 0
  let agree = 0
  const top = (values: number[]) => values.indexOf(Math.max(...values))
  for (const [sample] of samples) {
    const wanted = [...(reference.run([sample!])[0] as Float32Array)]
    const steps = [...(quantized.run([quantizeActivation(sample!, input)])[0] as Int8Array)]
    const given = steps.map((q) => scale[0]! * (q - zeroPoint[0]!))
    wanted.forEach((value, i) => {
      signal += value ** 2
      noise += (value - given[i]!) ** 2
    })
    if (top(wanted) === top(given)) agree++
  }
  return { sqnr: 10 * Math.log10(signal / noise), top1: agree / samples.length }
}

test('element-wise ops: fixed ranges, and one scale for the three tensors of MINIMUM and MAXIMUM', async () => {
  const graph = elementwiseNetwork(1)
  const int8 = await quantizeGraph(graph, elementwiseSamples(2, 100), ptq, stageContext())
  checkGraph(int8)
  const quantization = (id: number) => int8.tensors[id]!.quantization!
  for (const op of int8.ops) {
    const output = quantization(op.outputs[0]!)
    if (op.kind === 'LOGISTIC') expect(output).toEqual({ scale: [1 / 256], zeroPoint: [-128], axis: 0 })
    if (op.kind === 'TANH') expect(output).toEqual({ scale: [1 / 128], zeroPoint: [0], axis: 0 })
    if (op.kind === 'MINIMUM' || op.kind === 'MAXIMUM')
      for (const id of op.inputs) expect(quantization(id)).toEqual(output)
  }
  expect(compare(graph, int8, elementwiseSamples(3, 200)).sqnr).toBeGreaterThan(25)
})

describe('a graph of every op', () => {
  const graph = everyOp(createRng(1))
  const samples = samplesOf(graph, 100, 2)

  test('the inputs of a CONCATENATION are brought to the scale of its output', async () => {
    const [x, small, both] = ['x', 'small', 'both'].map((name, i): Tensor => {
      return { name, shape: [1, i === 2 ? 12 : 6], dtype: 'float32' }
    })
    const weights = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 0.05 : 0))
    const joined: Graph = {
      name: 'joined',
      tensors: [x!, small!, both!, { name: 'w', shape: [6, 6], dtype: 'float32', data: weights }],
      ops: [
        { kind: 'FULLY_CONNECTED', inputs: [0, 3], outputs: [1], activation: 'none', keepNumDims: false },
        { kind: 'CONCATENATION', inputs: [0, 1], outputs: [2], axis: 1 },
      ],
      inputs: [0],
      outputs: [2],
    }
    const int8 = await quantizeGraph(joined, samplesOf(joined, 100, 2), findRecipe(RECIPES[0]!.name), stageContext())
    checkGraph(int8)
    expect(int8.ops.map(({ kind }) => kind)).toEqual(['FULLY_CONNECTED', 'QUANTIZE', 'CONCATENATION'])
    expect(compare(joined, int8, samplesOf(joined, 200, 3)).sqnr).toBeGreaterThan(25)
  })

  test.each(RECIPES.map(({ name }) => name))('%s gives a valid int8 graph near the float one', async (name) => {
    checkGraph(graph)
    const int8 = await quantizeGraph(graph, samples, findRecipe(name), stageContext())
    checkGraph(int8)
    expect(int8.ops.map(({ kind }) => kind)).toEqual(graph.ops.map(({ kind }) => kind))
    expect(int8.tensors.every(({ dtype }) => dtype === 'int8' || dtype === 'int32')).toBe(true)
    const { sqnr, top1 } = compare(graph, int8, samplesOf(graph, 200, 3))
    expect(sqnr).toBeGreaterThan(25)
    expect(top1).toBeGreaterThan(0.9)
  })

  test('follows the quantization specification', async () => {
    const int8 = await quantizeGraph(graph, samples, ptq, stageContext())
    const opOf = (kind: OpKind) => int8.ops.find((op) => op.kind === kind)!
    const quantization = (id: number) => int8.tensors[id]!.quantization!
    expect(quantization(opOf('CONV_2D').inputs[1]!)).toMatchObject({ axis: 0, zeroPoint: new Array(6).fill(0) })
    expect(quantization(opOf('DEPTHWISE_CONV_2D').inputs[1]!)).toMatchObject({ axis: 3 })
    expect(quantization(opOf('DEPTHWISE_CONV_2D').inputs[1]!).scale.length).toBe(6)
    expect(quantization(opOf('FULLY_CONNECTED').inputs[1]!).scale.length).toBe(1)
    expect(quantization(opOf('SOFTMAX').outputs[0]!)).toEqual({ scale: [1 / 256], zeroPoint: [-128], axis: 0 })
    for (const kind of ['RESHAPE', 'PAD', 'MAX_POOL_2D', 'AVERAGE_POOL_2D'] as const) {
      expect(quantization(opOf(kind).outputs[0]!)).toEqual(quantization(opOf(kind).inputs[0]!))
    }
    // what is never negative uses all 256 steps
    expect(quantization(opOf('RELU').outputs[0]!).zeroPoint).toEqual([-128])
    const [x, weights, bias] = opOf('CONV_2D').inputs
    quantization(bias!).scale.forEach((scale, channel) => {
      expect(scale).toBe(Math.fround(quantization(x!).scale[0]! * quantization(weights!).scale[channel]!))
    })
  })

  test('the float graph stays as it was, and the same input gives the same bytes', async () => {
    const before = structuredClone(graph)
    const once = await quantizeGraph(graph, samples, ptq, stageContext())
    expect(await quantizeGraph(graph, samples, ptq, stageContext())).toEqual(once)
    expect(graph).toEqual(before)
  })

  test('fewer than 100 samples are refused', async () => {
    const few = quantizeGraph(graph, samples.slice(1), ptq, stageContext())
    await expect(few).rejects.toMatchObject({
      code: 'CALIBRATION_EMPTY',
      message: expect.stringContaining('99') as string,
    })
  })

  test('a sample that is not finite is refused', async () => {
    const spoilt = [...samples.slice(1), [new Float32Array(192).fill(NaN)]]
    await expect(quantizeGraph(graph, spoilt, ptq, stageContext())).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  test('a graph that is quantized already is refused', async () => {
    const int8 = await quantizeGraph(graph, samples, ptq, stageContext())
    const again = quantizeGraph(int8, samples, ptq, stageContext())
    await expect(again).rejects.toMatchObject({ code: 'MODEL_DTYPE_UNSUPPORTED' })
  })

  test('cancel stops between two samples', async () => {
    const cancel = new AbortController()
    const seen: number[] = []
    const ctx = stageContext({
      signal: cancel.signal,
      progress: (done) => {
        seen.push(done)
        if (done === 5) cancel.abort()
      },
    })
    await expect(quantizeGraph(graph, samples, ptq, ctx)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })
})

test('a constant may pass a RESHAPE on its way to an ADD', async () => {
  const data = Float32Array.of(-1, 0.5, 2, 3)
  const graph: Graph = {
    name: 'reshaped constant',
    tensors: [
      { name: 'x', shape: [1, 4], dtype: 'float32' },
      { name: 'offset', shape: [4], dtype: 'float32', data },
      { name: 'row', shape: [1, 4], dtype: 'float32' },
      { name: 'sum', shape: [1, 4], dtype: 'float32' },
    ],
    ops: [
      { kind: 'RESHAPE', inputs: [1], outputs: [2] },
      { kind: 'ADD', inputs: [0, 2], outputs: [3], activation: 'none' },
    ],
    inputs: [0],
    outputs: [3],
  }
  const int8 = await quantizeGraph(graph, samplesOf(graph, 100, 5), ptq, stageContext())
  checkGraph(int8)
  expect(compare(graph, int8, samplesOf(graph, 50, 6)).sqnr).toBeGreaterThan(30)
})

test('the percentile recipe ignores a rare outlier', async () => {
  const graph = everyOp(createRng(1))
  const samples = samplesOf(graph, 120, 4)
  const outlier = samples[0]![0]!.slice()
  outlier[0] = 500
  const spoilt = [[outlier], ...samples.slice(1)]
  const steps = async (name: string) => {
    const int8 = await quantizeGraph(graph, spoilt, findRecipe(name), stageContext())
    return int8.tensors[int8.inputs[0]!]!.quantization!.scale[0]!
  }
  expect(await steps('ptq')).toBeGreaterThan(10 * (await steps('ptq-percentile')))
})

test('a recipe that does not exist is refused by name', () => {
  expect(() => findRecipe('magic')).toThrow('There is no recipe magic; there are ptq, ptq-percentile.')
})

// Inputs in the models' own kind: smooth images, smooth cepstra, log-mel around -40 dB.
const smooth = (graph: Graph, count: number, seed: number, low: number, high: number) => {
  const rng = createRng(seed)
  const size = elementCount(graph.tensors[graph.inputs[0]!]!.shape)
  return Array.from({ length: count }, () => {
    const [a, b, phase] = [rng.uniform(0.002, 0.1), rng.uniform(0.1, 0.9), rng.uniform(0, 6)]
    return [
      Float32Array.from({ length: size }, (_, i) => {
        const wave = 0.5 + 0.35 * Math.sin(a * i + phase) + 0.15 * Math.sin(b * i) + 0.05 * rng.normal()
        return low + (high - low) * Math.min(1, Math.max(0, wave))
      }),
    ]
  })
}

describe.skipIf(!hasMlperfTiny)('MLPerf Tiny’s float models', () => {
  const models = [
    { name: 'kws_float32', classifies: true, low: -80, high: 80, check: 40 },
    { name: 'ic_float32', classifies: true, low: 0, high: 255, check: 20 },
    { name: 'ad_float32', classifies: false, low: -60, high: 10, check: 40 },
  ]
  test.each(models)(
    '$name',
    async ({ name, classifies, low, high, check }) => {
      const graph = readTflite(mlperfFile(`${name}.tflite`), name)
      const int8 = await quantizeGraph(graph, smooth(graph, 100, 1, low, high), ptq, stageContext())
      checkGraph(int8)
      const { sqnr, top1 } = compare(graph, int8, smooth(graph, check, 2, low, high))
      expect(sqnr).toBeGreaterThan(15)
      if (classifies) expect(top1).toBeGreaterThan(0.9)
    },
    240_000,
  )
})
