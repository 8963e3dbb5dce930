// What the emitted kernels take on the emulated M4: instructions and cycles (zero wait states) a product, beside what a trial
// of the same designs took. Printed by: npm run -s vitest -- run test/codegen/figures.test.ts

import { afterAll, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitAdd } from '../../src-main/codegen/kernels/add.ts'
import { emitDepthwise } from '../../src-main/codegen/kernels/depthwise.ts'
import { emitDirectConvolution } from '../../src-main/codegen/kernels/direct-convolution.ts'
import { emitFullyConnected } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { EmittedKernel } from '../../src-main/codegen/kernels/kernel.ts'
import { emitWinograd } from '../../src-main/codegen/kernels/winograd.ts'
import { emitPointwise } from '../../src-main/codegen/kernels/pointwise.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import {
  addGraph,
  addLayer,
  bytesOf,
  convolutionGraph,
  convolutionLayer,
  depthwiseGraph,
  depthwiseLayer,
  expectedOutput,
  fullyConnectedGraph,
  fullyConnectedLayer,
  pointwiseGraph,
  pointwiseLayer,
  randomInt8,
  type Window,
} from './random-layers.ts'
import { runKernel, type KernelRun } from './run-kernel.ts'

const BOARD = 'stm32f407'

interface Figure {
  layer: string
  perMac: number
  trial: number
  cycles: number
  instructions: number
  code: number
  constants: number
  scratch: number
}
const figures: Figure[] = []

function record(layer: string, macs: number, trial: number, kernel: EmittedKernel, run: KernelRun): number {
  const perMac = run.instructions / macs
  figures.push({
    ...{ layer, perMac, trial, cycles: run.cycles / macs, instructions: run.instructions },
    ...{ code: kernel.code.bytes.length, constants: kernel.constants.length, scratch: kernel.scratchBytes },
  })
  return perMac
}

/** How much more than the trial is allowed: borders, which the trial left out, and shapes that are not baked in. */
const SLACK = 1.06

interface Case {
  name: string
  graph: () => Graph
  emit: (graph: Graph) => EmittedKernel
  macs: number
  trial: number
  slack?: number
}

const pointwise = (
  height: number,
  width: number,
  inputs: number,
  outputs: number,
  weights: 'int16' | 'packed8',
  trial: number,
  relu = true,
): Case => ({
  name: `pointwise ${height}x${width} ${inputs}->${outputs} ${weights}${relu ? '' : ' linear'}`,
  graph: () => pointwiseGraph(1, { height, width, inputs, outputs }, relu ? 'relu' : 'none'),
  emit: (graph) => emitPointwise(pointwiseLayer(graph), { weights }),
  macs: height * width * inputs * outputs,
  trial,
})

const fullyConnected = (inputs: number, outputs: number, weights: 'int16' | 'packed8', trial: number): Case => ({
  name: `fully connected ${inputs}->${outputs} ${weights}`,
  graph: () => fullyConnectedGraph(1, inputs, outputs, 'relu'),
  emit: (graph) => emitFullyConnected(fullyConnectedLayer(graph), { weights }),
  macs: inputs * outputs,
  trial,
})

const ONCE = { strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding: 'same' } as const

function convolution(
  name: string,
  window: Partial<Window>,
  macs: number,
  trial: number,
  weights: 'int16' | 'packed8',
  slack = SLACK,
): Case {
  const whole = { ...ONCE, ...window } as Window
  return {
    name: `convolution ${name} ${weights}`,
    graph: () => convolutionGraph(1, whole, 'relu'),
    emit: (graph) => emitDirectConvolution(convolutionLayer(graph), { weights }),
    ...{ macs, trial, slack },
  }
}

const square = (size: number, inputs: number, outputs: number, stride: number): Partial<Window> => ({
  ...{ height: size, width: size, inputs, outputs, filterH: 3, filterW: 3, strideH: stride, strideW: stride },
})

const winograd = (size: number, channels: number, trial: number): Case => ({
  name: `Winograd 3x3 ${size}x${size} ${channels}->${channels}`,
  graph: () => convolutionGraph(1, { ...square(size, channels, channels, 1), ...ONCE } as Window, 'relu'),
  emit: (graph) => emitWinograd(convolutionLayer(graph))!,
  ...{ macs: size * size * channels * channels * 9, trial },
})

const CASES: Case[] = [
  winograd(32, 16, 0.413),
  winograd(16, 32, 0.345),
  winograd(8, 64, 0.311),
  pointwise(25, 5, 64, 64, 'int16', 0.723),
  pointwise(25, 5, 64, 64, 'packed8', 0.857),
  pointwise(25, 5, 64, 64, 'int16', 0.759, false),
  pointwise(24, 24, 16, 32, 'int16', 0.974),
  pointwise(24, 24, 16, 32, 'packed8', 1.13),
  pointwise(12, 12, 64, 64, 'int16', 0.718),
  pointwise(48, 48, 8, 16, 'int16', 1.348),
  fullyConnected(640, 128, 'packed8', 0.9),
  fullyConnected(640, 128, 'int16', 0.712),
  fullyConnected(128, 128, 'packed8', 0.937),
  fullyConnected(128, 8, 'packed8', 1.074),
  convolution('3x3 32x32 16->16', square(32, 16, 16, 1), 32 * 32 * 16 * 144, 0.712, 'int16', 1.12),
  convolution('3x3 32x32 16->16', square(32, 16, 16, 1), 32 * 32 * 16 * 144, 0.841, 'packed8', 1.12),
  convolution('3x3 16x16 32->32', square(16, 32, 32, 1), 16 * 16 * 32 * 288, 0.698, 'int16', 1.12),
  convolution('3x3 8x8 64->64', square(8, 64, 64, 1), 8 * 8 * 64 * 576, 0.677, 'int16', 1.12),
  convolution('3x3 stride 2 32x32 16->32', square(32, 16, 32, 2), 16 * 16 * 32 * 144, 0.686, 'int16', 1.12),
  convolution(
    '10x4 stride 2 49x10 1->64',
    { height: 49, width: 10, inputs: 1, outputs: 64, filterH: 10, filterW: 4, strideH: 2, strideW: 2 },
    25 * 5 * 64 * 40,
    0.807,
    'int16',
    1.12,
  ),
  convolution('3x3 stride 2 96x96 3->8', square(96, 3, 8, 2), 48 * 48 * 8 * 27, 1.064, 'int16', 1.25),
]

test.each(CASES)('$name', ({ name, graph: make, emit, macs, trial, slack = SLACK }) => {
  const graph = make()
  const { input, expected } = expectedOutput(graph, 1)
  const kernel = emit(graph)
  const run = runKernel(kernel, bytesOf(input), expected.length, BOARD)
  expect(run.output).toEqual(expected)
  expect(record(name, macs, trial, kernel, run)).toBeLessThan(trial * slack)
})

/** The trial's input was planes already; gathering takes two instructions a value and what its loops take. */
const GATHERING = 0.3
const DEPTHWISE = [
  { height: 25, width: 5, channels: 64, stride: 1, trial: 1.293 },
  { height: 48, width: 48, channels: 8, stride: 1, trial: 1.175 },
  { height: 12, width: 12, channels: 64, stride: 1, trial: 1.215 },
  { height: 48, width: 48, channels: 16, stride: 2, trial: 1.38 },
] as const

test.each(DEPTHWISE)('depthwise $height x $width x $channels stride $stride', ({ stride, trial, ...size }) => {
  const graph = depthwiseGraph(1, size, stride, 'same', 'relu')
  const { input, expected } = expectedOutput(graph, 1)
  const kernel = emitDepthwise(depthwiseLayer(graph))
  const run = runKernel(kernel, bytesOf(input), expected.length, BOARD)
  expect(run.output).toEqual(expected)
  const name = `depthwise 3x3 ${size.height}x${size.width}x${size.channels} stride ${stride}`
  // an output of stride 2 comes with four values of the input
  const gathering = GATHERING * stride * stride
  expect(record(name, expected.length * 9, trial, kernel, run)).toBeLessThan(trial * SLACK + gathering)
})

test('add of 32x32x16, an element', () => {
  const elements = 32 * 32 * 16
  const rng = createRng(3)
  const graph = addGraph(rng, elements, 'none')
  const [a, b] = [randomInt8(rng, elements), randomInt8(rng, elements)]
  const [expected] = createInterpreter(graph).run([a, b]) as [Int8Array]
  const kernel = emitAdd(addLayer(graph))
  const run = runKernel(kernel, bytesOf(a), elements, BOARD, bytesOf(b))
  expect(run.output).toEqual(expected)
  expect(record('add 32x32x16 (an element)', elements, 5.9, kernel, run)).toBeLessThan(5.9)
})

afterAll(() => {
  const head = ['layer', 'insn/MAC', 'trial', 'cycles/MAC', 'instructions', 'code B', 'constants B', 'scratch B']
  const rows = figures.map((f) => [
    ...[f.layer, f.perMac.toFixed(3), f.trial.toFixed(3), f.cycles.toFixed(3)],
    ...[f.instructions, f.code, f.constants, f.scratch].map(String),
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)))
  for (const row of [head, ...rows])
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join('  '))
})
