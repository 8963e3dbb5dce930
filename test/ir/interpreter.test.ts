import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src-main/ir/check.ts'
import { elementCount, type Graph } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { dequantize, floatTwin } from '../support/float-twin.ts'
import { RANDOM_OPS, randomInputs, randomInt8Graph } from '../support/random-graph.ts'

/** How far, in quanta of the output, the int8 result lies from the real value at its worst. */
function worstQuanta(graph: Graph, seed: number): number {
  checkGraph(graph)
  const inputs = randomInputs(seed, graph)
  const [integers] = createInterpreter(graph).run(inputs)
  const reals = inputs.map((data, i) => {
    const tensor = graph.tensors[graph.inputs[i]!]!
    return tensor.quantization === undefined
      ? Float32Array.from(data)
      : dequantize(data, tensor.shape, tensor.quantization)
  })
  const [real] = createInterpreter(floatTwin(graph)).run(reals) as [Float32Array]
  const output = graph.tensors[graph.outputs[0]!]!
  const scale = output.quantization?.scale[0] ?? graph.tensors[graph.inputs[0]!]!.quantization!.scale[0]!
  const zero = output.quantization?.zeroPoint[0] ?? 0
  let worst = 0
  for (let i = 0; i < real.length; i++) {
    const ideal = real[i]! / scale + zero
    const given = output.dtype === 'float32' ? Number(integers![i]) / scale : Number(integers![i])
    const clamped = output.dtype === 'float32' ? ideal : Math.max(-128, Math.min(127, ideal))
    worst = Math.max(worst, Math.abs(given - clamped))
  }
  return worst
}

describe('int8 ops give what their real values give, to the rounding of the output', () => {
  test.each(RANDOM_OPS)('%s', (kind) => {
    // half a quantum for the last rounding, a little for fixed point; a clamp at a rounded bound may add another half
    for (let seed = 0; seed < 200; seed++) {
      const worst = worstQuanta(randomInt8Graph(seed, kind), seed)
      expect(worst, `seed ${seed}`).toBeLessThan(1.01)
    }
  })
})

test('the batch dimension is only a repetition', () => {
  for (const kind of ['CONV_2D', 'DEPTHWISE_CONV_2D', 'AVERAGE_POOL_2D', 'MAX_POOL_2D'] as const) {
    for (let seed = 0; seed < 40; seed++) {
      const graph = randomInt8Graph(seed, kind)
      const [input] = randomInputs(seed, graph)
      const [all] = createInterpreter(graph).run([input!])
      const batches = graph.tensors[graph.inputs[0]!]!.shape[0]!
      const single: Graph = {
        ...graph,
        tensors: graph.tensors.map((tensor) =>
          tensor.data === undefined ? { ...tensor, shape: [1, ...tensor.shape.slice(1)] } : tensor,
        ),
      }
      const one = createInterpreter(single)
      const size = input!.length / batches
      const parts = Array.from({ length: batches }, (_, n) => one.run([input!.slice(n * size, (n + 1) * size)])[0]!)
      expect(parts.flatMap((part) => [...(part as Int8Array)])).toEqual([...(all as Int8Array)])
    }
  }
})

describe('inputs', () => {
  const graph = randomInt8Graph(1, 'RELU')
  const count = elementCount(graph.tensors[0]!.shape)

  test.each([
    ['too few values', new Int8Array(count - 1)],
    ['another type', new Float32Array(count)],
  ])('%s are refused with what is wanted', (_, data) => {
    expect(() => createInterpreter(graph).run([data])).toThrow(expect.objectContaining({ code: 'INPUT_SIZE_WRONG' }))
  })

  test('none at all', () => {
    expect(() => createInterpreter(graph).run([])).toThrow(expect.objectContaining({ code: 'INPUT_SIZE_WRONG' }))
  })

  test('the tensors returned are not overwritten by the next run', () => {
    const interpreter = createInterpreter(graph)
    const [first] = interpreter.run([new Int8Array(count).fill(90)])
    const kept = first!.slice()
    interpreter.run([new Int8Array(count).fill(-90)])
    expect(first).toEqual(kept)
  })
})
