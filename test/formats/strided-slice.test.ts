// What begin, end, stride and the masks of a STRIDED_SLICE mean is LiteRT's to say.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { builtinCode } from '../../src-main/formats/tflite/builtin-ops.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { TENSOR_TYPES } from '../../src-main/formats/tflite/schema.ts'
import { elementCount } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { between, chance } from '../firmware/random-graph.ts'
import { startLiteRt } from '../support/litert.ts'
import { rawTflite } from '../support/raw-tflite.ts'

const STRIDED_SLICE_OPTIONS = 32

interface Slice {
  shape: number[]
  begin: number[]
  end: number[]
  stride: number[]
  /** begin, end, ellipsis, new axis, shrink axis */
  masks: number[]
  output: number[]
}

function sliceFile({ shape, begin, end, stride, masks, output }: Slice): Uint8Array {
  const int32 = TENSOR_TYPES.indexOf('int32')
  const int8 = { type: TENSOR_TYPES.indexOf('int8'), scale: 0.5 }
  const constant = (values: number[]) => ({
    shape: [values.length],
    type: int32,
    data: new Uint8Array(Int32Array.from(values).buffer),
  })
  return rawTflite({
    codes: [{ builtin: builtinCode('STRIDED_SLICE') }],
    operators: [
      { code: 0, inputs: [0, 1, 2, 3], outputs: [4], optionsType: STRIDED_SLICE_OPTIONS, int32Options: masks },
    ],
    tensors: [{ shape, ...int8 }, constant(begin), constant(end), constant(stride), { shape: output, ...int8 }],
    inputs: [0],
    outputs: [4],
  })
}

/** The shape of the output as Python counts it; undefined where nothing is taken. */
function sizeSaid({ shape, begin, end, stride, masks }: Omit<Slice, 'output'>): number[] | undefined {
  const masked = (mask: number, axis: number) => ((masks[mask]! >> axis) & 1) === 1
  const sizes = shape.map((dim, axis) => {
    if (axis >= begin.length) return dim
    if (masked(4, axis)) return 1
    const step = stride[axis]!
    const clamped = (n: number) => Math.max(step > 0 ? 0 : -1, Math.min(step > 0 ? dim : dim - 1, n < 0 ? n + dim : n))
    const first = masked(0, axis) ? (step > 0 ? 0 : dim - 1) : clamped(begin[axis]!)
    const last = masked(1, axis) ? (step > 0 ? dim : -1) : clamped(end[axis]!)
    let count = 0
    for (let i = first; step > 0 ? i < last : i > last; i += step) count++
    return count
  })
  return sizes.includes(0) ? undefined : sizes.filter((_, axis) => axis >= begin.length || !masked(4, axis))
}

const MASK_BITS = [0, 1, 4]

describe('a STRIDED_SLICE as files have it', () => {
  test('takes what LiteRT takes, whatever its bounds and masks', async () => {
    const litert = await startLiteRt()
    let taken = 0
    for (let seed = 0; seed < 150; seed++) {
      const rng = createRng(seed)
      const shape = Array.from({ length: between(rng, 1, 4) }, () => between(rng, 1, 5))
      const named = between(rng, 1, shape.length)
      const numbers = (low: number, high: number) => Array.from({ length: named }, () => between(rng, low, high))
      const stride = numbers(1, 3).map((n) => (chance(rng, 0.4) ? -n : n))
      const masks = [0, 0, 0, 0, 0]
      for (const mask of MASK_BITS) masks[mask] = rng.int(2 ** named) & rng.int(2 ** named)
      // an axis that vanishes has one value, the one at its beginning
      const begin = numbers(-7, 7).map((n, axis) =>
        (masks[4]! >> axis) & 1 ? between(rng, -shape[axis]!, shape[axis]! - 1) : n,
      )
      const slice = {
        shape,
        begin,
        end: numbers(-7, 7),
        stride: stride.map((n, axis) => ((masks[4]! >> axis) & 1 ? 1 : n)),
        masks,
      }
      const size = sizeSaid(slice)
      if (size === undefined) continue
      const file = sliceFile({ ...slice, output: size })
      const input = Int8Array.from({ length: elementCount(shape) }, (_, i) => i - 128)
      const [theirs] = await litert.run(file, [input])
      const [ours] = createInterpreter(readTflite(file, 'slice')).run([input])
      expect([...(ours as Int8Array)], JSON.stringify(slice)).toEqual([...new Int8Array(theirs!.buffer)])
      taken++
    }
    expect(taken).toBeGreaterThan(30)
  })
})
