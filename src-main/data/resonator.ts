import { SAMPLE_RATE } from './audio.ts'

/**
 * Adds `gain` times the input, filtered by a two-pole band-pass of unit gain at its peak, to `output`.
 * Coefficients: R. Bristow-Johnson's audio EQ cookbook, "BPF (constant 0 dB peak gain)".
 */
export function addResonance(
  input: Float64Array,
  output: Float64Array,
  frequencyHz: number,
  quality: number,
  gain: number,
): void {
  const omega = (2 * Math.PI * Math.min(frequencyHz, 0.475 * SAMPLE_RATE)) / SAMPLE_RATE
  const alpha = Math.sin(omega) / (2 * quality)
  const b = (alpha / (1 + alpha)) * gain
  const a1 = (-2 * Math.cos(omega)) / (1 + alpha)
  const a2 = (1 - alpha) / (1 + alpha)
  let x1 = 0
  let x2 = 0
  let y1 = 0
  let y2 = 0
  for (let i = 0; i < input.length; i++) {
    const x = input[i]!
    const y = b * (x - x2) - a1 * y1 - a2 * y2
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
    output[i] = output[i]! + y
  }
}
