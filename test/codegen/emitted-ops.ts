// Random one-op graphs for every family of emitters, by the same way as the planner takes: emitOp. A case can be run on an
// emulated core here, or be put into a program for QEMU.

import { expect } from 'vitest'
import type { Rng } from '../../src-main/base/rng.ts'
import { emitOp, type EmittedOp, type KernelVariant } from '../../src-main/codegen/emit-op.ts'
import { elementCount, type Activation, type Graph } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import {
  addGraph,
  bytesOf,
  convolutionGraph,
  depthwiseGraph,
  depthwiseWindowGraph,
  fullyConnectedGraph,
  pointwiseGraph,
  randomInt8,
} from './random-layers.ts'
import { meanGraph, poolGraph } from './random-pools.ts'
import { randomDepthwise, randomTiledWindow, randomWindow } from './random-windows.ts'
import { runKernel } from './run-kernel.ts'

export interface EmittedCase {
  emitted: EmittedOp
  inputs: Int8Array[]
  expected: Int8Array
}

interface Family {
  graph: (rng: Rng, seed: number) => Graph
  variant: KernelVariant
}

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!
const anyActivation = (rng: Rng): Activation => pick(rng, ['none', 'relu', 'relu6', 'relu_n1_to_1'])

const convolution = (rng: Rng, seed: number) => convolutionGraph(seed, randomWindow(rng), anyActivation(rng))
const pointwise = (rng: Rng, seed: number) => {
  const size = { height: 1 + rng.int(5), width: 1 + rng.int(5), inputs: 4 * (1 + rng.int(12)), outputs: 1 + rng.int(9) }
  return pointwiseGraph(seed, size, anyActivation(rng))
}
const fullyConnected = (rng: Rng, seed: number, inputs = 1 + rng.int(150)) =>
  fullyConnectedGraph(seed, inputs, 1 + rng.int(20), anyActivation(rng))
const wholeWords = (rng: Rng, seed: number) => fullyConnected(rng, seed, 4 * (1 + rng.int(40)))

const INT16: KernelVariant = { weights: 'int16', way: 'usual' }
const PACKED8: KernelVariant = { weights: 'packed8', way: 'usual' }

export const FAMILIES: Readonly<Record<string, Family>> = {
  winograd: {
    graph: (rng, seed) => {
      const window = randomTiledWindow(rng)
      // Wide enough that tiles pay.
      return convolutionGraph(seed, { ...window, width: window.width + 12 }, anyActivation(rng))
    },
    variant: { weights: 'int16', way: 'winograd' },
  },
  'convolution int16': { graph: convolution, variant: INT16 },
  'convolution packed8': { graph: convolution, variant: PACKED8 },
  'pointwise int16': { graph: pointwise, variant: INT16 },
  'pointwise packed8': { graph: pointwise, variant: PACKED8 },
  'fully connected int16': { graph: fullyConnected, variant: INT16 },
  'fully connected packed8': { graph: fullyConnected, variant: PACKED8 },
  'fully connected int16 without scratch': { graph: wholeWords, variant: { ...INT16, way: 'without scratch' } },
  'fully connected packed8 without scratch': { graph: wholeWords, variant: { ...PACKED8, way: 'without scratch' } },
  depthwise: {
    graph: (rng, seed) => {
      const size = { height: 3 + rng.int(9), width: 3 + rng.int(9), channels: 1 + rng.int(9) }
      return depthwiseGraph(seed, size, pick(rng, [1, 2]), pick(rng, ['same', 'valid']), anyActivation(rng))
    },
    variant: INT16,
  },
  'depthwise of any window': {
    graph: (rng, seed) => depthwiseWindowGraph(seed, randomDepthwise(rng), anyActivation(rng)),
    variant: INT16,
  },
  'average pool': { graph: (rng) => poolGraph(rng, 'AVERAGE_POOL_2D'), variant: INT16 },
  'max pool': { graph: (rng) => poolGraph(rng, 'MAX_POOL_2D'), variant: INT16 },
  mean: { graph: meanGraph, variant: INT16 },
  add: { graph: (rng) => addGraph(rng, 1 + rng.int(90), anyActivation(rng)), variant: INT16 },
}

/** Every fourth case has only the ends of int8 for inputs, which saturates what can be. */
export function emittedCase({ graph: make, variant }: Family, rng: Rng, seed: number): EmittedCase {
  const graph = make(rng, seed)
  const emitted = emitOp(graph, graph.ops[0]!, variant)
  if (emitted === undefined) return expect.fail(`seed ${seed}: no emitter for ${JSON.stringify(graph.ops[0])}`)
  const inputs = graph.inputs.map((id) => {
    const values = randomInt8(rng, elementCount(graph.tensors[id]!.shape))
    return seed % 4 === 3 ? values.map((value) => (value < 0 ? -128 : 127)) : values
  })
  const [expected] = createInterpreter(graph).run(inputs) as [Int8Array]
  return { emitted, inputs, expected }
}

/** Checks the output, and the same where it takes the input's place, of kernels that can. */
export function checkEmitted({ emitted, inputs, expected }: EmittedCase, board: string, what: string): void {
  const [first, second] = inputs.map(bytesOf) as [Uint8Array, Uint8Array | undefined]
  for (const inPlace of emitted.inPlace && first.length >= expected.length ? [false, true] : [false]) {
    const { output } = runKernel(emitted.kernel, first, expected.length, board, second, inPlace)
    expect(output, `${what} in place: ${inPlace}`).toEqual(expected)
  }
}
