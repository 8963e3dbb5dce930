import fc from 'fast-check'
import { expect, test } from 'vitest'
import { activationQuantization, quantizeActivation, quantizeWeights } from '../../src-main/compress/int8-parameters.ts'

const SEED = { seed: 20261, numRuns: 300 }
const real = fc.double({ min: -1e4, max: 1e4, noNaN: true })

test('an activation’s range is covered, real zero is exact, and scales are float32', () => {
  fc.assert(
    fc.property(real, real, (a, b) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)]
      const { scale, zeroPoint } = activationQuantization({ min, max })
      const [s, z] = [scale[0]!, zeroPoint[0]!]
      expect(Math.fround(s)).toBe(s)
      expect(s).toBeGreaterThan(0)
      expect(Number.isInteger(z) && z >= -128 && z <= 127).toBe(true)
      expect(s * (-128 - z)).toBeLessThanOrEqual(Math.min(0, min) + 0.501 * s)
      expect(s * (127 - z)).toBeGreaterThanOrEqual(Math.max(0, max) - 0.501 * s)
      expect(quantizeActivation(Float32Array.of(0), { scale, zeroPoint, axis: 0 })[0]).toBe(z)
    }),
    SEED,
  )
})

test('values within the range come back within half a step, others saturate', () => {
  const quantization = activationQuantization({ min: -3, max: 5 })
  const values = Float32Array.from({ length: 101 }, (_, i) => -3 + (8 * i) / 100)
  const steps = quantizeActivation(values, quantization)
  const [scale, zero] = [quantization.scale[0]!, quantization.zeroPoint[0]!]
  steps.forEach((q, i) => expect(Math.abs(scale * (q - zero) - values[i]!)).toBeLessThanOrEqual(0.501 * scale))
  expect([...quantizeActivation(Float32Array.of(-100, 100), quantization)]).toEqual([-128, 127])
})

test('a tensor that is always zero has a usable scale', () => {
  expect(activationQuantization({ min: 0, max: 0 })).toEqual({ scale: [1], zeroPoint: [0], axis: 0 })
})

const weightCase = fc.record({
  weights: fc.array(real, { minLength: 12, maxLength: 12 }).map((w) => Float32Array.from(w)),
  bias: fc.array(real, { minLength: 3, maxLength: 3 }).map((b) => Float32Array.from(b)),
  perChannel: fc.boolean(),
  inputScale: fc.double({ min: 1e-4, max: 10, noNaN: true }).map(Math.fround),
  outputScale: fc.double({ min: 1e-4, max: 10, noNaN: true }).map(Math.fround),
})

test('weights come back within half a step, biases within half a bias step', () => {
  fc.assert(
    fc.property(weightCase, (one) => {
      const channelOf = (index: number) => Math.floor(index / 4)
      const result = quantizeWeights({ ...one, channelOf, channels: 3 })
      expect(result.weightScales.length).toBe(one.perChannel ? 3 : 1)
      one.weights.forEach((weight, i) => {
        const scale = result.weightScales[one.perChannel ? channelOf(i) : 0]!
        expect(Math.abs(result.weights[i]! * scale - weight)).toBeLessThanOrEqual(0.501 * scale)
      })
      one.bias.forEach((bias, channel) => {
        const scale = result.biasScales[one.perChannel ? channel : 0]!
        expect(Math.abs(result.bias[channel]! * scale - bias)).toBeLessThanOrEqual(0.501 * scale)
        expect(Math.abs(result.bias[channel]!)).toBeLessThanOrEqual(2 ** 30 + 64)
      })
    }),
    SEED,
  )
})

test('a channel of zero weights keeps its bias exact to a fraction of an output step', () => {
  const result = quantizeWeights({
    weights: Float32Array.of(1, -2, 0, 0),
    bias: Float32Array.of(0.5, 0.37),
    channelOf: (index) => index >> 1,
    channels: 2,
    perChannel: true,
    inputScale: 0.02,
    outputScale: 0.05,
  })
  expect(Math.abs(result.bias[1]! * result.biasScales[1]! - 0.37)).toBeLessThan(0.05 / 256)
})

test('a bias far beyond its weights makes the weights coarser instead of overflowing', () => {
  const result = quantizeWeights({
    weights: Float32Array.of(1e-9, -1e-9),
    bias: Float32Array.of(1000),
    channelOf: () => 0,
    channels: 1,
    perChannel: true,
    inputScale: 0.01,
    outputScale: 0.1,
  })
  expect(result.bias[0]! * result.biasScales[0]!).toBeCloseTo(1000, 3)
  expect([...result.weights]).toEqual([0, 0])
})
