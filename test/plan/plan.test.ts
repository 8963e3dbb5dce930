import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KB, bytes } from '../../src-main/base/units.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { Graph, Tensor } from '../../src-main/ir/graph.ts'
import { aliveAt, busiestOp, placeBuffers } from '../../src-main/plan/arena.ts'
import { activationBuffers, type ActivationBuffer } from '../../src-main/plan/lifetimes.ts'
import { checkBudget, planModel } from '../../src-main/plan/plan.ts'
import { SMALL_MODEL } from '../pack/small-model.ts'

const BOARD = findBoardData('stm32f407')!

const buffers = fc.array(
  fc
    .record({ size: fc.integer({ min: 1, max: 4000 }), from: fc.integer({ min: -1, max: 30 }), length: fc.nat(12) })
    .map(({ size, from, length }): ActivationBuffer => ({
      tensors: [],
      bytes: bytes(size),
      firstOp: from,
      lastOp: from + length,
    })),
  { maxLength: 40 },
)

describe('placing buffers in the arena', () => {
  test('buffers that are alive together never share a byte, and all lie inside', () => {
    fc.assert(
      fc.property(buffers, (given) => {
        const { buffers: placed, arenaBytes } = placeBuffers(given)
        for (const a of placed) {
          expect(a.offset % 4).toBe(0)
          expect(a.offset + a.bytes).toBeLessThanOrEqual(arenaBytes)
          for (const b of placed) {
            const together = a !== b && a.firstOp <= b.lastOp && b.firstOp <= a.lastOp
            if (together) expect(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset).toBe(true)
          }
        }
      }),
      { seed: 21, numRuns: 300 },
    )
  })

  test('the lower bound is below the arena, and above what is alive at any op', () => {
    fc.assert(
      fc.property(buffers, fc.integer({ min: -1, max: 42 }), (given, op) => {
        const bound = busiestOp(given).bytes
        expect(placeBuffers(given).arenaBytes).toBeGreaterThanOrEqual(bound)
        expect(aliveAt(given, op).reduce((sum, buffer) => sum + buffer.bytes, 0)).toBeLessThanOrEqual(bound)
      }),
      { seed: 22, numRuns: 300 },
    )
  })

  test('a chain takes no more than its two largest neighbours', () => {
    const sizes = [640, 128, 128, 8, 128, 640]
    const chain = sizes.map((size, i): ActivationBuffer => ({
      tensors: [i],
      bytes: bytes(size),
      firstOp: i - 1,
      lastOp: i,
    }))
    expect(placeBuffers(chain).arenaBytes).toBe(768)
  })
})

const int8 = (name: string, shape: number[]): Tensor => ({
  name,
  shape,
  dtype: 'int8',
  quantization: { scale: [1], zeroPoint: [0], axis: 0 },
})

describe('lifetimes', () => {
  test('an input lives before the first op, an output after the last, a RESHAPE shares its place', () => {
    expect(activationBuffers(SMALL_MODEL)).toEqual([
      { tensors: [0], bytes: 32, firstOp: -1, lastOp: 0 },
      { tensors: [3, 4], bytes: 32, firstOp: 0, lastOp: 2 },
      { tensors: [6], bytes: 3, firstOp: 2, lastOp: 3 },
      { tensors: [7], bytes: 3, firstOp: 3, lastOp: 4 },
    ])
  })

  test('a tensor read again later stays until then', () => {
    const graph: Graph = {
      name: 'residual',
      tensors: ['a', 'b', 'c', 'd'].map((name) => int8(name, [4])),
      ops: [
        { kind: 'RELU', inputs: [0], outputs: [1] },
        { kind: 'RELU', inputs: [1], outputs: [2] },
        { kind: 'ADD', inputs: [0, 2], outputs: [3], activation: 'none' },
      ],
      inputs: [0],
      outputs: [3],
    }
    expect(activationBuffers(graph)[0]).toMatchObject({ firstOp: -1, lastOp: 2 })
    // Op 0 may not write over what the ADD reads; op 1 and the ADD may.
    const places = activationBuffers(graph, () => true).map(({ tensors }) => tensors)
    expect(places).toEqual([
      [0, 3],
      [1, 2],
    ])
  })

  test('an op in place keeps what is read again, and the two operands of one tensor', () => {
    const graph: Graph = {
      name: 'twice',
      tensors: [int8('a', [4]), int8('b', [4]), int8('c', [4]), int8('d', [8])],
      ops: [
        { kind: 'RELU', inputs: [0], outputs: [1] },
        { kind: 'ADD', inputs: [1, 1], outputs: [2], activation: 'none' },
        { kind: 'PAD', inputs: [2], outputs: [3], paddings: [[0, 4]] },
      ],
      inputs: [0],
      outputs: [3, 0],
    }
    expect(activationBuffers(graph, () => true).map(({ tensors }) => tensors)).toEqual([[0], [1], [2], [3]])
  })
})

describe('plain kernels that read each value before they write it', () => {
  const planOf = (a: number[], b: number[]) => {
    const graph: Graph = {
      name: 'sum',
      tensors: [int8('a', a), int8('b', b), int8('sum', [6, 4]), int8('out', [6, 4])],
      ops: [
        { kind: 'SUB', inputs: [0, 1], outputs: [2], activation: 'none' },
        { kind: 'RELU', inputs: [2], outputs: [3] },
      ],
      inputs: [0, 1],
      outputs: [3],
    }
    return planModel(graph, BOARD).tensors.map(({ name, offset }) => [name, offset] as const)
  }

  test('write over their first input', () => {
    const offsets = new Map(planOf([6, 4], [4]))
    expect([offsets.get('sum'), offsets.get('out')]).toEqual([offsets.get('a'), offsets.get('a')])
  })

  test('unless it is repeated', () => {
    const offsets = new Map(planOf([4], [6, 4]))
    expect(offsets.get('sum')).not.toBe(offsets.get('a'))
    expect(offsets.get('sum')).not.toBe(offsets.get('b'))
    expect(offsets.get('out')).toBe(offsets.get('sum'))
  })
})

describe('a plan', () => {
  test('says what the model takes and estimates how long', () => {
    const plan = planModel(SMALL_MODEL, BOARD)
    expect(plan).toMatchObject({ arenaBytes: 64, lowerBoundBytes: 64, fits: true })
    expect(plan.constants).toEqual({ weights: 132, biases: 20, quantization: 15, code: 0, total: 167 })
    expect(plan.tensors.map((tensor) => tensor.name)).toEqual(['input', 'features', 'flat', 'logits', 'probabilities'])
    expect(plan.latency.provenance).toBe('estimated')
    expect(plan.latency.ops.map((op) => op.macs)).toEqual([16 * 2 * 18, 0, 96, 0])
    expect(plan.latency.latencyUs).toBeCloseTo(plan.latency.cycles / 168, 6)
    expect(() => checkBudget(plan)).not.toThrow()
  })

  describe('of generated kernels', () => {
    const generated = (flashWeights: number, ramActivations: number) =>
      planModel(
        SMALL_MODEL,
        { ...BOARD, budget: { flashWeights: bytes(flashWeights), ramActivations: bytes(ramActivations) } },
        { kernels: 'generated' },
      )
    const chosen = (plan: ReturnType<typeof planModel>) =>
      plan.kernels.map((kernel) => [kernel.source === 'generated' ? kernel.emitted.family : 'plain', kernel.reason])

    test('takes an emitter wherever one fits, with its scratch in the arena apart from what is alive', () => {
      const plan = generated(100 * KB, 100 * KB)
      expect(chosen(plan)).toEqual([
        ['direct-convolution', 'fastest that fits'],
        ['plain', 'no emitter fits'],
        ['fully-connected', 'fastest that fits'],
        ['plain', 'no emitter fits'],
      ])
      expect(plan.constants.code).toBeGreaterThan(0)
      plan.kernels.forEach(({ scratch }, op) => {
        if (scratch === undefined) return
        for (const tensor of plan.tensors.filter(({ firstOp, lastOp }) => firstOp <= op && op <= lastOp))
          expect(
            tensor.offset + tensor.bytes <= scratch.offset || scratch.offset + scratch.bytes <= tensor.offset,
          ).toBe(true)
        expect(scratch.offset + scratch.bytes).toBeLessThanOrEqual(plan.arenaBytes)
      })
    })

    test('keeps plain kernels where a budget is short, and says which', () => {
      expect(chosen(generated(200, 100 * KB))[0]).toEqual(['plain', 'flash budget'])
      expect(chosen(generated(100 * KB, 70))[0]).toEqual(['plain', 'RAM budget'])
      expect(generated(200, 100 * KB).fits).toBe(true)
    })
  })

  test('a model over both budgets is refused with the excess and the largest tensors of each', () => {
    const budget = { flashWeights: bytes(100), ramActivations: bytes(40) }
    const plan = planModel(SMALL_MODEL, { ...BOARD, budget })
    expect(plan.fits).toBe(false)
    expect(plan.flash.over).toBe(67)
    expect(plan.ram.over).toBe(24)
    expect(() => checkBudget(plan)).toThrowError(
      expect.objectContaining({
        code: 'MODEL_TOO_LARGE',
        message: expect.stringMatching(
          /167 B of flash.* 67 B more.*matrix \[3x32\] 96 B, kernel.*64 B of RAM.* 24 B more.*input \[1x4x4x2\] 32 B/,
        ) as string,
      }),
    )
  })

  test('sizes are told in KB of 1,024 bytes', () => {
    const shape = [1, 200 * KB]
    const graph: Graph = {
      name: 'wide',
      tensors: [int8('x', shape), int8('y', shape)],
      ops: [
        {
          kind: 'PAD',
          inputs: [0],
          outputs: [1],
          paddings: [
            [0, 0],
            [0, 0],
          ],
        },
      ],
      inputs: [0],
      outputs: [1],
    }
    expect(() => checkBudget(planModel(graph, BOARD))).toThrowError(/400\.0 KB of RAM.*272\.0 KB more.*128\.0 KB/)
  })

  test('ops that the chip has no kernel for are all named', () => {
    const float = (name: string): Tensor => ({ name, shape: [4], dtype: 'float32' })
    const floats: Graph = {
      name: 'float',
      tensors: [float('a'), float('b'), float('c')],
      ops: [
        { kind: 'RELU', inputs: [0], outputs: [1] },
        { kind: 'SOFTMAX', inputs: [1], outputs: [2], beta: 1 },
      ],
      inputs: [0],
      outputs: [2],
    }
    expect(() => planModel(floats, BOARD)).toThrowError(
      expect.objectContaining({
        code: 'MODEL_DTYPE_UNSUPPORTED',
        message: expect.stringMatching(/op 0 RELU: float32 to float32; op 1 SOFTMAX/) as string,
      }),
    )
    const deep: Graph = {
      name: 'deep',
      tensors: [
        int8('x', [1, 1, 1, 1, 1, 1, 4]),
        int8('y', [1, 1, 1, 1, 1, 1, 4]),
        int8('z', [5000]),
        int8('p', [5000]),
      ],
      ops: [
        { kind: 'RELU', inputs: [0], outputs: [1] },
        { kind: 'SOFTMAX', inputs: [2], outputs: [3], beta: 1 },
      ],
      inputs: [0, 2],
      outputs: [1, 3],
    }
    expect(() => planModel(deep, BOARD)).toThrowError(
      expect.objectContaining({
        code: 'MODEL_OPS_UNSUPPORTED',
        message: expect.stringMatching(/op 0 RELU: 7 dimensions.*op 1 SOFTMAX: 5000 values/) as string,
      }),
    )
  })
})
