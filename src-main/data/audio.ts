/** Sample rate of everything acoustic: MLPerf Tiny's anomaly task, in Hz. */
export const SAMPLE_RATE = 16_000

export const decibelsToGain = (db: number) => 10 ** (db / 20)

/** Root mean square; 0 for an empty signal. */
export function rms(signal: Float64Array): number {
  let sum = 0
  for (let i = 0; i < signal.length; i++) sum += signal[i]! * signal[i]!
  return signal.length === 0 ? 0 : Math.sqrt(sum / signal.length)
}

/** The part of a turn beyond whole turns, in [0, 1). `%` would be ten times slower here. */
export const fraction = (turns: number) => turns - Math.floor(turns)
