import { expect, test } from 'vitest'
import { crc32 } from '../../src-main/base/hash.ts'
import type { Graph, Op, Tensor } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { BINARY_ANSWERS, UNARY_ANSWERS } from './reference-answers.ts'

const tensor = (name: string, shape: number[], [scale, zeroPoint]: readonly [number, number]): Tensor => ({
  name,
  shape,
  dtype: 'int8',
  quantization: { scale: [Math.fround(scale)], zeroPoint: [zeroPoint], axis: 0 },
})

const EVERY_INT8 = Int8Array.from({ length: 256 }, (_, i) => i - 128)

const crcOf = (graph: Graph) => {
  const [output] = createInterpreter(graph).run(graph.inputs.map(() => EVERY_INT8))
  return crc32(new Uint8Array(output!.buffer))
}

test.each(UNARY_ANSWERS)('$kind from $input to $output', ({ kind, input, output, alpha, crc32: wanted }) => {
  const places = { inputs: [0], outputs: [1] }
  const op: Op = kind === 'LEAKY_RELU' ? { kind, ...places, alpha: Math.fround(alpha!) } : { kind, ...places }
  const tensors = [tensor('x', [256], input), tensor('y', [256], output)]
  expect(crcOf({ name: kind, tensors, ops: [op], inputs: [0], outputs: [1] })).toBe(wanted)
})

/** All pairs at once: the first input is a column, the second a row. */
test.each(BINARY_ANSWERS)('$kind of $inputs to $output', ({ kind, inputs, output, crc32: wanted }) => {
  // PRELU's output has the shape of its first input, so that one is repeated by hand
  const column = kind === 'PRELU' ? [256, 256] : [256, 1]
  const tensors = [tensor('a', column, inputs[0]), tensor('b', [256], inputs[1]), tensor('y', [256, 256], output)]
  const places = { inputs: [0, 1], outputs: [2] }
  const op: Op = kind === 'PRELU' ? { kind, ...places } : { kind, ...places, activation: 'none' }
  const repeated = Int8Array.from({ length: 256 * 256 }, (_, i) => (i >> 8) - 128)
  const interpreter = createInterpreter({ name: kind, tensors, ops: [op], inputs: [0, 1], outputs: [2] })
  const [result] = interpreter.run([kind === 'PRELU' ? repeated : EVERY_INT8, EVERY_INT8])
  expect(crc32(new Uint8Array(result!.buffer))).toBe(wanted)
})
