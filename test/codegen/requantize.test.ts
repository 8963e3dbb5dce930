import { describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import {
  planRequantize,
  reachableAccumulators,
  type RequantizeForm,
  type Requantizer,
} from '../../src-main/codegen/requantize/plan.ts'
import { agreesEverywhere, thresholdsOf, type Interval } from '../../src-main/codegen/requantize/thresholds.ts'
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../../src-main/ir/fixed-point.ts'

const clamp = (value: number, min: number, max: number) => Math.max(min, Math.min(max, value))
const int32 = (value: bigint) => Number(BigInt.asIntN(32, value))

// The instructions, as ARM DDI 0403 has them (A7.7.144, A7.7.152).
const smmla = (n: number, m: number, a: number) => int32(((BigInt(a) << 32n) + BigInt(n) * BigInt(m)) >> 32n)
const smmlar = (n: number, m: number, a: number) =>
  int32(((BigInt(a) << 32n) + BigInt(n) * BigInt(m) + 2n ** 31n) >> 32n)
const ssat8 = (value: number) => clamp(value, -128, 127)

function exactly(acc: number, c: number, p: Requantizer): number {
  const scaled = multiplyByQuantizedMultiplier(acc, p.multipliers[c]!, p.shifts[c]!)
  return clamp(scaled + p.outputZeroPoint, p.activationMin, p.activationMax)
}

function randomRequantizer(rng: Rng, channels: number, relu: boolean, spread: number): Requantizer {
  const exponent = rng.uniform(-13, -4)
  const quantized = Array.from({ length: channels }, () => quantizeMultiplier(2 ** (exponent + rng.uniform(0, spread))))
  const outputZeroPoint = relu ? -128 : rng.int(256) - 128
  return {
    multipliers: Int32Array.from(quantized, ({ multiplier }) => multiplier),
    shifts: Int32Array.from(quantized, ({ shift }) => shift),
    outputZeroPoint,
    activationMin: relu ? outputZeroPoint : -128,
    activationMax: 127,
  }
}

/** An interval that saturates at both ends, and some that do not. */
const randomInterval = (rng: Rng, p: Requantizer, c: number): Interval => {
  const full = Math.ceil((300 * rng.uniform(0.05, 2)) / (p.multipliers[c]! * 2 ** (p.shifts[c]! - 31)))
  const middle = rng.int(full) - full / 2
  return { min: Math.floor(middle - full), max: Math.ceil(middle + full) }
}

/** Both ends, every threshold with its neighbours, and accumulators drawn between. */
function accumulatorsToTry(rng: Rng, interval: Interval, exact: (acc: number) => number): number[] {
  const { min, max } = interval
  const near = thresholdsOf(exact, interval).flatMap(({ at }) => [at - 1, at, at + 1])
  const drawn = Array.from({ length: 400 }, () => min + rng.int(max - min + 1))
  return [min, max, 0, -1, 1, ...near, ...drawn].filter((acc) => acc >= min && acc <= max)
}

/** What the planned instructions make of an accumulator. */
function asPlanned(plan: ReturnType<typeof planRequantize>, p: Requantizer, c: number, gain: number, acc: number) {
  if (plan.form === 'clamped') {
    const { addend, multiplier, rounding } = plan.channels[c]!
    return ssat8(smmla(acc * 2 ** gain + addend, multiplier, rounding) >> (plan.shift + gain))
  }
  if (plan.form === 'linear') {
    const { multiplier, rounding, shift } = plan.channels[c]!
    const value = ssat8(smmlar(2 * acc, multiplier, (rounding + (acc >> 31)) | 0) >> shift)
    return clamp(value, p.activationMin, p.activationMax)
  }
  return exactly(acc, c, p)
}

describe('planned constants give the double rounding', () => {
  const cases: [RequantizeForm, boolean, number[]][] = [
    ['clamped', true, [0]],
    ['clamped', true, [0, 8]],
    ['clamped', true, [2]],
    ['linear', false, [0]],
    ['linear', true, [0]],
  ]
  test.each(cases)('%s, ReLU %s, gains %j', (form, relu, gains) => {
    const rng = createRng(7).fork(`${form} ${relu} ${gains.join()}`)
    let compared = 0
    let planned = 0
    for (let layer = 0; layer < 120; layer++) {
      const p = randomRequantizer(rng, 4, relu, rng.uniform(0, 2))
      const intervals = Array.from({ length: 4 }, (_, c) => randomInterval(rng, p, c))
      const gainOf = (c: number) => gains[c % gains.length]!
      const plan = planRequantize(
        p,
        intervals,
        intervals.map((_, c) => gainOf(c)),
        [form],
      )
      if (plan.form !== form) continue
      planned++
      for (const [c, interval] of intervals.entries())
        for (const acc of accumulatorsToTry(rng, interval, (a) => exactly(a, c, p))) {
          const got = asPlanned(plan, p, c, gainOf(c), acc)
          if (got !== exactly(acc, c, p)) expect.fail(`layer ${layer} channel ${c} accumulator ${acc}: ${got}`)
          compared++
        }
    }
    expect(planned).toBeGreaterThan(100)
    expect(compared).toBeGreaterThan(300_000)
  })

  test('every accumulator of small intervals', () => {
    const rng = createRng(8)
    for (let layer = 0; layer < 60; layer++) {
      const p = randomRequantizer(rng, 1, layer % 2 === 0, 0)
      const reach = Math.min(30_000, Math.ceil(200 / (p.multipliers[0]! * 2 ** (p.shifts[0]! - 31))))
      const plan = planRequantize(p, [{ min: -reach, max: reach }], [0])
      for (let acc = -reach; acc <= reach; acc++)
        if (asPlanned(plan, p, 0, 0, acc) !== exactly(acc, 0, p)) expect.fail(`${plan.form} ${layer}: ${acc}`)
    }
  })
})

describe('the choice', () => {
  const params = (change: Partial<Requantizer> = {}): Requantizer => ({
    multipliers: Int32Array.of(1_500_000_000),
    shifts: Int32Array.of(-8),
    outputZeroPoint: -128,
    activationMin: -128,
    activationMax: 127,
    ...change,
  })
  const wide = [{ min: -200_000, max: 200_000 }]

  test('two instructions where the lower clamp is the zero point, three elsewhere', () => {
    expect(planRequantize(params(), wide, [0]).form).toBe('clamped')
    expect(planRequantize(params({ outputZeroPoint: 3 }), wide, [0]).form).toBe('linear')
    // A lower clamp above -128 is not what SSAT saturates to.
    expect(planRequantize(params({ outputZeroPoint: 3, activationMin: 3 }), wide, [0]).form).toBe('linear')
    expect(planRequantize(params({ activationMax: 100 }), wide, [0]).form).toBe('linear')
  })

  test('the plain sequence where there is no second rounding, or a left shift', () => {
    for (const shift of [0, 3]) {
      const p = params({ shifts: Int32Array.of(shift), outputZeroPoint: 3 })
      expect(planRequantize(p, [{ min: -300, max: 300 }], [0]).form).toBe('plain')
    }
  })

  test('a channel that is constant needs no multiplier', () => {
    const plan = planRequantize(params(), [{ min: -5000, max: -4000 }], [0])
    expect(plan).toMatchObject({ form: 'clamped', channels: [{ addend: 0, multiplier: 0 }] })
  })

  test('an accumulator beyond 32 bits is refused', () => {
    const overflow = expect.objectContaining({ code: 'ACCUMULATOR_OVERFLOW' })
    expect(() => planRequantize(params(), [{ min: 0, max: 2 ** 30 }], [0])).toThrow(overflow)
    // 256 times the accumulator is what packed weights hand over.
    expect(() => planRequantize(params(), [{ min: 0, max: 2 ** 23 }], [8])).toThrow(overflow)
  })
})

test('bounds are reached and not exceeded', () => {
  expect(reachableAccumulators([3, -2, 0], 10)).toEqual({ min: 10 - 3 * 128 - 2 * 127, max: 10 + 3 * 127 + 2 * 128 })
})

test('a candidate that is wrong at one accumulator alone does not agree', () => {
  const exact = (acc: number) => clamp(Math.floor(acc / 100), -128, 127)
  const interval = { min: -20_000, max: 20_000 }
  const thresholds = thresholdsOf(exact, interval)
  expect(thresholds).toHaveLength(255)
  expect(agreesEverywhere(exact, exact, interval, thresholds)).toBe(true)
  for (const wrong of [0, 100, 12_699, -12_700])
    expect(
      agreesEverywhere((acc) => exact(acc) + (acc === wrong - (wrong % 100) ? 1 : 0), exact, interval, thresholds),
    ).toBe(false)
})
