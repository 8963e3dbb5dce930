import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { rms, SAMPLE_RATE } from '../../src-main/data/audio.ts'
import { FAULT_KINDS, faultEffect, type FaultKind } from '../../src-main/data/faults.ts'
import { recordMachine } from '../../src-main/data/machine-sound.ts'
import { drawMachine, FLEET } from '../../src-main/data/machine.ts'
import type { Rotation } from '../../src-main/data/rotation.ts'
import { SEVERITIES } from '../../src-main/data/severities.ts'

const machine = FLEET[0]!
const record = (seed: number, kind?: FaultKind, severity = 1) =>
  recordMachine(machine, createRng(seed), 1, kind && { kind, severity })

/** relative RMS of the difference */
const difference = (a: Float64Array, b: Float64Array) => rms(a.map((value, i) => value - b[i]!)) / rms(a)

test('the same seed gives the same samples, another seed others', () => {
  expect(difference(record(3), record(3))).toBe(0)
  expect(difference(record(3), record(4))).toBeGreaterThan(0.5)
})

test('a machine id is the same machine in every run, and ids differ', () => {
  expect(drawMachine(1, createRng(1))).toEqual(FLEET[0])
  expect(new Set(FLEET.map(({ shaftHz }) => shaftHz)).size).toBe(FLEET.length)
})

test('a recording has the asked length and a usual level whatever the machine', () => {
  for (const each of FLEET) {
    const recording = recordMachine(each, createRng(9), 1.5)
    expect(recording.length).toBe(1.5 * SAMPLE_RATE)
    expect(rms(recording)).toBeGreaterThan(0.03)
    expect(rms(recording)).toBeLessThan(0.09)
  }
})

describe.each(FAULT_KINDS)('%s', (kind) => {
  test('of severity 0 is a healthy recording', () => {
    expect(difference(record(7), record(7, kind, 0))).toBeLessThan(1e-12)
  })

  test('is heard at the severities of the built-in data, and more when worse', () => {
    const [low, high] = SEVERITIES[kind]
    const healthy = record(7)
    expect(difference(healthy, record(7, kind, low))).toBeGreaterThan(0.02)
    expect(difference(healthy, record(7, kind, high))).toBeGreaterThan(difference(healthy, record(7, kind, low)))
  })
})

/** Counts strikes of a fault over two seconds at a steady 30 turns a second. */
function strikesPerTurn(kind: FaultKind): number {
  const samples = 2 * SAMPLE_RATE
  const rotation: Rotation = {
    turns: Float64Array.from({ length: samples }, (_, i) => 0.3 + (30 * i) / SAMPLE_RATE),
    load: new Float64Array(samples).fill(1),
  }
  const force = new Float64Array(samples)
  faultEffect({ kind, severity: 1 }, machine, samples, createRng(2)).addForce!(force, rotation)
  const strikes: number[] = []
  const fadedAfter = 40
  force.forEach((value, i) => {
    if (Math.abs(value) > 0.3 && i - (strikes.at(-1) ?? -fadedAfter) >= fadedAfter) strikes.push(i)
  })
  return strikes.length / 60
}

test('impacts come at the bearing’s and the gear’s characteristic frequencies', () => {
  const { bearingBalls, bearingRatio } = machine
  const outer = (bearingBalls / 2) * (1 - bearingRatio)
  const inner = (bearingBalls / 2) * (1 + bearingRatio)
  expect(strikesPerTurn('bearing-outer-race') / outer).toBeCloseTo(1, 1)
  expect(strikesPerTurn('bearing-inner-race') / inner).toBeCloseTo(1, 1)
  expect(strikesPerTurn('gear-tooth')).toBeCloseTo(1, 1)
})
