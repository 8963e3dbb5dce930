// Every layer of the MLPerf Tiny models that an emitter is for, fed the interpreter's own input, bit for bit; and what they
// take on the emulated M4 in all. Printed by: npm run -s vitest -- run test/codegen/mlperf-tiny.test.ts

import { afterAll, describe, expect, test } from 'vitest'
import { emitAdd } from '../../src-main/codegen/kernels/add.ts'
import { emitDepthwise, fitsDepthwise } from '../../src-main/codegen/kernels/depthwise.ts'
import { emitDirectConvolution } from '../../src-main/codegen/kernels/direct-convolution.ts'
import { emitFullyConnected } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { EmittedKernel, WeightForm } from '../../src-main/codegen/kernels/kernel.ts'
import { planarLayout } from '../../src-main/codegen/kernels/planar.ts'
import { emitPointwise, fitsPointwise } from '../../src-main/codegen/kernels/pointwise.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Conv2D, DepthwiseConv2D, Graph, Op, TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { opMacs } from '../../src-main/ir/op-table.ts'
import { addParams, convolutionParams, fullyConnectedShape } from '../../src-main/ir/quantized-params.ts'
import { windowGeometry } from '../../src-main/ir/shapes.ts'
import { constantOf } from '../../src-main/ir/tensor-access.ts'
import { expectedAnswers, hasMlperfTiny, MLPERF_MODELS, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'
import { bytesOf } from './random-layers.ts'
import { runKernel } from './run-kernel.ts'

const BOARD = 'stm32f407'

/** What all layers of a model may take together; ic_int8 has its 3x3 convolutions direct here. */
const MOST_INSTRUCTIONS = { kws_int8: 2_600_000, ic_int8: 11_500_000, ad_int8: 260_000 }

interface Total {
  model: string
  weights: WeightForm
  instructions: number
  cycles: number
  macs: number
  forms: string
  without: string
}
const totals: Total[] = []

function emitConvolution(graph: Graph, op: Conv2D, weights: WeightForm): EmittedKernel {
  const geometry = windowGeometry(graph, op)
  const { filterH, filterW, strideH, strideW, outputH, outputW, inputC, outputC } = geometry
  const layer = { weights: constantOf(graph, op.inputs[1], Int8Array), params: convolutionParams(graph, op) }
  const pointwise = { pixels: outputH * outputW, inputChannels: inputC, outputChannels: outputC, ...layer }
  const isPointwise = filterH * filterW * strideH * strideW === 1 && fitsPointwise(pointwise)
  return isPointwise
    ? emitPointwise(pointwise, { weights })
    : emitDirectConvolution({ geometry, ...layer }, { weights })
}

function emitDepthwiseLayer(graph: Graph, op: DepthwiseConv2D): EmittedKernel {
  const g = windowGeometry(graph, op)
  const stride = g.strideH as 1 | 2
  const size = { outputHeight: g.outputH, outputWidth: g.outputW }
  const layer = {
    ...{ planes: planarLayout(size, stride, { top: g.padTop, left: g.padLeft }), channels: g.outputC, stride },
    ...{ inputHeight: g.inputH, inputWidth: g.inputW, ...size, params: convolutionParams(graph, op) },
    weights: constantOf(graph, op.inputs[1], Int8Array),
  }
  expect(fitsDepthwise(layer)).toBe(true)
  return emitDepthwise(layer)
}

function emitLayer(graph: Graph, op: Op, weights: WeightForm): EmittedKernel | undefined {
  switch (op.kind) {
    case 'CONV_2D':
      return emitConvolution(graph, op, weights)
    case 'DEPTHWISE_CONV_2D':
      return emitDepthwiseLayer(graph, op)
    case 'FULLY_CONNECTED': {
      const layer = { weights: constantOf(graph, op.inputs[1], Int8Array), params: convolutionParams(graph, op) }
      return emitFullyConnected({ ...fullyConnectedShape(graph, op), ...layer }, { weights })
    }
    case 'ADD': {
      const elements = graph.tensors[op.outputs[0]!]!.shape.reduce((product, size) => product * size, 1)
      return emitAdd({ elements, params: addParams(graph, op) })
    }
    default:
      return undefined
  }
}

describe.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)('%s', (model) => {
  test.each(['int16', 'packed8'] as const)('%s weights: every layer as the interpreter has it', (weights) => {
    const graph = readTflite(mlperfFile(`${model}.tflite`), model)
    const input = patternInput(0, expectedAnswers(model).inputs.bytes)
    const values = new Map<number, TensorData>([[graph.inputs[0]!, input]])
    createInterpreter(graph).run([input], (id, data) => values.set(id, data.slice()))
    const valueOf = (id: number) => bytesOf(values.get(id) as Int8Array)
    const total: Total = { model, weights, instructions: 0, cycles: 0, macs: 0, forms: '', without: '' }
    for (const op of graph.ops) {
      const kernel = emitLayer(graph, op, weights)
      if (kernel === undefined) {
        total.without += ` ${op.kind}`
        continue
      }
      const [first, second] = op.inputs.filter((id) => graph.tensors[id]!.data === undefined)
      const given = valueOf(first!)
      const expected = valueOf(op.outputs[0]!)
      const addend = second === undefined ? undefined : valueOf(second)
      const run = runKernel(kernel, given, expected.length, BOARD, addend)
      expect(Buffer.from(bytesOf(run.output)).equals(expected), `${op.kind} ${op.outputs[0]}`).toBe(true)
      total.instructions += run.instructions
      total.cycles += run.cycles
      total.macs += opMacs(graph, op)
      total.forms += kernel.requantize?.[0] ?? '-'
    }
    totals.push(total)
    expect(total.instructions).toBeLessThan(MOST_INSTRUCTIONS[model])
  })
})

afterAll(() => {
  for (const { model, weights, instructions, cycles, macs, forms, without } of totals)
    console.log(
      `${model} ${weights}: ${instructions} instructions, ${cycles} cycles (zero wait), ` +
        `${(instructions / macs).toFixed(3)} a MAC; requantise ${forms}; without${without || ' nothing'}`,
    )
})
