import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { frameCount, logMel, mirrored } from '../../src-main/data/log-mel.ts'
import { createMelBank, hzToMel, melToHz } from '../../src-main/data/mel-bank.ts'

// The definition, computed the slow way: no FFT, no precomputed filters.
function slowLogMel(signal: Float64Array, frame: number): number[] {
  const size = 1024
  const power = Array.from({ length: size / 2 + 1 }, (_, bin) => {
    let re = 0
    let im = 0
    for (let i = 0; i < size; i++) {
      let at = frame * 512 - size / 2 + i
      if (at < 0) at = -at
      if (at >= signal.length) at = 2 * (signal.length - 1) - at
      const windowed = signal[at]! * Math.sin((Math.PI * i) / size) ** 2
      const angle = (2 * Math.PI * bin * i) / size
      re += windowed * Math.cos(angle)
      im -= windowed * Math.sin(angle)
    }
    return re * re + im * im
  })
  const mel = (hz: number) => (hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4))
  const hz = (m: number) => (m < 15 ? (200 * m) / 3 : 1000 * 6.4 ** ((m - 15) / 27))
  const edge = (i: number) => hz((mel(8000) * i) / 129)
  return Array.from({ length: 128 }, (_, m) => {
    const [low, centre, high] = [edge(m), edge(m + 1), edge(m + 2)]
    const sum = power.reduce((total, p, bin) => {
      const f = bin * 15.625
      const up = (f - low) / (centre - low)
      const down = (high - f) / (high - centre)
      return total + p * Math.max(0, Math.min(up, down)) * (2 / (high - low))
    }, 0)
    return 10 * Math.log10(sum + 2 ** -52)
  })
}

test('log-mel equals its definition in float64', () => {
  const rng = createRng(5)
  const signal = Float64Array.from({ length: 4000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-4) + 0.05 * rng.normal())
  const fast = logMel(signal)
  expect(fast.length).toBe(frameCount(4000) * 128)
  for (const frame of [0, 1, 3, frameCount(4000) - 1]) {
    const slow = slowLogMel(signal, frame)
    for (let m = 0; m < 128; m++) expect(Math.abs(fast[frame * 128 + m]! - slow[m]!)).toBeLessThan(1e-5)
  }
})

test('silence is finite', () => {
  expect(logMel(new Float64Array(2048)).every((v) => Math.abs(v - 10 * Math.log10(Number.EPSILON)) < 1e-4)).toBe(true)
})

// Values printed in librosa's documentation of hz_to_mel, mel_to_hz and mel_frequencies(n_mels=40).
test('the mel scale is Slaney’s', () => {
  expect(hzToMel(60)).toBeCloseTo(0.9, 9)
  expect(hzToMel(440)).toBeCloseTo(6.6, 9)
  expect(melToHz(3)).toBeCloseTo(200, 9)
  const frequencies = Array.from({ length: 40 }, (_, i) => melToHz((hzToMel(11025) * i) / 39))
  expect(frequencies[1]).toBeCloseTo(85.317, 3)
  expect(frequencies[12]).toBeCloseTo(1024.856, 3)
  expect(frequencies[38]).toBeCloseTo(10096.408, 2)
  for (const hz of [0, 500, 999.9, 1000, 1000.1, 4321]) expect(melToHz(hzToMel(hz))).toBeCloseTo(hz, 6)
})

test('every filter peaks once and has about unit area where the bins resolve it', () => {
  const bank = createMelBank(128, 1024, 16_000)
  expect(bank.every(({ weights }) => weights.length > 0)).toBe(true)
  for (const { weights } of bank.slice(80)) {
    const area = weights.reduce((sum, w) => sum + w, 0) * 15.625
    expect(area).toBeGreaterThan(0.9)
    expect(area).toBeLessThan(1.1)
  }
})

test('samples beyond the ends mirror without repeating the edge', () => {
  expect([-2, -1, 0, 9, 10, 11].map((i) => mirrored(i, 10))).toEqual([2, 1, 0, 9, 8, 7])
})
