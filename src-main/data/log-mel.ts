import FFT from 'fft.js'
import { SAMPLE_RATE } from './audio.ts'
import { createMelBank } from './mel-bank.ts'

// MLPerf Tiny's features for the anomaly task: 64 ms Hann frames every 32 ms, 128 mels, in dB.
export const FFT_SIZE = 1024
export const HOP = 512
export const MELS = 128
/** keeps the logarithm finite: the smallest step of a float64 at 1, as MLPerf's script has it */
const FLOOR = Number.EPSILON

export const frameCount = (samples: number) => 1 + Math.floor(samples / HOP)

/** Periodic Hann window. */
const HANN = Float64Array.from({ length: FFT_SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FFT_SIZE))

/** Frames are centred on multiples of the hop; what lies outside the signal is its mirror image, edge not repeated. */
export function mirrored(index: number, samples: number): number {
  const inside = index < 0 ? -index : index
  return inside < samples ? inside : 2 * samples - 2 - inside
}

const BANK = createMelBank(MELS, FFT_SIZE, SAMPLE_RATE)

/**
 * Log-mel spectrogram of at least 513 samples at 16 kHz: frame-major [frames, 128], 10 log10 of the mel-weighted
 * power. Equal to librosa's `melspectrogram(n_fft=1024, hop_length=512, n_mels=128, power=2, pad_mode="reflect")`.
 */
export function logMel(signal: Float64Array): Float32Array {
  const fft = new FFT(FFT_SIZE)
  const frame = new Array<number>(FFT_SIZE).fill(0)
  const spectrum = fft.createComplexArray() as number[]
  const power = new Float64Array(FFT_SIZE / 2 + 1)
  const frames = frameCount(signal.length)
  const output = new Float32Array(frames * MELS)
  for (let t = 0; t < frames; t++) {
    const start = t * HOP - FFT_SIZE / 2
    const whole = start >= 0 && start + FFT_SIZE <= signal.length
    for (let i = 0; i < FFT_SIZE; i++) {
      const at = whole ? start + i : mirrored(start + i, signal.length)
      frame[i] = signal[at]! * HANN[i]!
    }
    fft.realTransform(spectrum, frame)
    for (let bin = 0; bin < power.length; bin++) power[bin] = spectrum[2 * bin]! ** 2 + spectrum[2 * bin + 1]! ** 2
    for (let m = 0; m < MELS; m++) {
      const { first, weights } = BANK[m]!
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * power[first + k]!
      output[t * MELS + m] = 10 * Math.log10(sum + FLOOR)
    }
  }
  return output
}
