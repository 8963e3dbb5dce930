import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitAdd } from '../../src-main/codegen/kernels/add.ts'
import { emitDepthwise } from '../../src-main/codegen/kernels/depthwise.ts'
import { emitDirectConvolution } from '../../src-main/codegen/kernels/direct-convolution.ts'
import { emitFullyConnected } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { EmittedKernel } from '../../src-main/codegen/kernels/kernel.ts'
import { emitPointwise } from '../../src-main/codegen/kernels/pointwise.ts'
import { emitWinograd } from '../../src-main/codegen/kernels/winograd.ts'
import { emitOp } from '../../src-main/codegen/emit-op.ts'
import { printListing } from '../../src-main/codegen/layout.ts'
import type { Pool2D } from '../../src-main/ir/graph.ts'
import { firstDifference } from './gnu-as.ts'
import {
  addGraph,
  addLayer,
  convolutionGraph,
  convolutionLayer,
  depthwiseGraph,
  depthwiseWindowGraph,
  depthwiseLayer,
  fullyConnectedGraph,
  fullyConnectedLayer,
  pointwiseGraph,
  pointwiseLayer,
} from './random-layers.ts'
import { meanGraph, poolGraph } from './random-pools.ts'

const WINDOW = {
  ...{ filterH: 5, filterW: 3, strideH: 2, strideW: 1, dilationH: 1, dilationW: 2, padding: 'same' as const },
  ...{ height: 30, width: 400, inputs: 37, outputs: 5 },
}

const TILED = {
  ...{ filterH: 3, filterW: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding: 'same' as const },
  ...{ height: 5, width: 9, outputs: 6 },
}

const SPREAD = {
  ...{ filterH: 5, filterW: 7, strideH: 2, strideW: 1, dilationH: 1, dilationW: 1, padding: 'same' as const },
  ...{ height: 9, width: 60, inputs: 21, multiplier: 2 },
}

/** As the planner has it made. */
function emittedOf(kind: 'DEPTHWISE_CONV_2D' | 'MEAN' | Pool2D['kind']): EmittedKernel {
  const rng = createRng(7)
  const graphs = { DEPTHWISE_CONV_2D: () => depthwiseWindowGraph(1, SPREAD, 'none'), MEAN: () => meanGraph(rng) }
  const graph = kind in graphs ? graphs[kind as keyof typeof graphs]() : poolGraph(rng, kind as Pool2D['kind'])
  return emitOp(graph, graph.ops[0]!, { weights: 'int16', way: 'usual' })!.kernel
}

const KERNELS: [string, () => EmittedKernel][] = [
  ['fully connected', () => emitFullyConnected(fullyConnectedLayer(fullyConnectedGraph(1, 333, 7, 'relu')))],
  [
    'pointwise',
    () => emitPointwise(pointwiseLayer(pointwiseGraph(1, { height: 3, width: 3, inputs: 300, outputs: 5 }, 'none'))),
  ],
  ['convolution', () => emitDirectConvolution(convolutionLayer(convolutionGraph(1, WINDOW, 'relu_n1_to_1')))],
  ...[16, 36].map((inputs): [string, () => EmittedKernel] => [
    `Winograd of ${inputs} channels`,
    () => emitWinograd(convolutionLayer(convolutionGraph(1, { ...TILED, inputs }, 'relu')))!,
  ]),
  [
    'depthwise',
    () => {
      const graph = depthwiseGraph(1, { height: 9, width: 60, channels: 20 }, 1, 'same', 'relu')
      return emitDepthwise(depthwiseLayer(graph))
    },
  ],
  [
    'depthwise of stride 2',
    () => emitDepthwise(depthwiseLayer(depthwiseGraph(1, { height: 9, width: 60, channels: 20 }, 2, 'same', 'relu'))),
  ],
  ...(['DEPTHWISE_CONV_2D', 'AVERAGE_POOL_2D', 'MAX_POOL_2D', 'MEAN'] as const).map(
    (kind): [string, () => EmittedKernel] => [`${kind} of any window`, () => emittedOf(kind)],
  ),
  ['add', () => emitAdd(addLayer(addGraph(createRng(1), 1003, 'none')))],
  ['add by tables', () => emitAdd(addLayer(addGraph(createRng(1), 1003, 'none')), { proved: false })],
]

describe.each(KERNELS)('%s', (_, emit) => {
  test("the listing's text, given to GNU as, is the same code", async () => {
    expect(await firstDifference(emit().code, 'cortex-m4')).toBeUndefined()
  })

  test('the same layer is the same code, and its listing has a remark on every stack slot', () => {
    const { code } = emit()
    expect(Buffer.from(code.bytes).equals(emit().code.bytes)).toBe(true)
    const slots = printListing(code.lines)
      .split('\n')
      .filter((line) => /\b(ldr|str) r\d+, \[sp/.test(line))
    for (const line of slots) expect(line).toMatch(/@ \S/)
  })
})

test('a layer that a kernel does not fit is refused', () => {
  const graph = pointwiseGraph(1, { height: 1, width: 2, inputs: 8, outputs: 2 }, 'relu')
  const uneven = fullyConnectedLayer(fullyConnectedGraph(1, 6, 4, 'relu'))
  const internal = expect.objectContaining({ code: 'INTERNAL' })
  expect(() => emitFullyConnected(uneven, { widensOnce: false })).toThrow(internal)
  expect(() => emitPointwise({ ...pointwiseLayer(graph), inputChannels: 6 })).toThrow(internal)
  const depthwise = depthwiseLayer(depthwiseGraph(1, { height: 9, width: 300, channels: 1 }, 1, 'same', 'relu'))
  expect(() => emitDepthwise(depthwise)).toThrow(internal)
  const large = depthwiseWindowGraph(1, { ...SPREAD, width: 4000 }, 'none')
  expect(emitOp(large, large.ops[0]!, { weights: 'int16', way: 'usual' })).toBeUndefined()
  const convolution = convolutionLayer(convolutionGraph(1, WINDOW, 'relu'))
  expect(() => emitWinograd(convolution)).toThrow(internal)
  const geometry = { ...convolution.geometry, batches: 2 }
  expect(() => emitDirectConvolution({ ...convolution, geometry })).toThrow(internal)
})
