// MLPerf Tiny's performance mode: a few windows of many inferences on one input each, and the median of their rates.
// The rule of five windows, each of at least ten seconds and ten inferences: mlcommons/tiny,
// benchmark/runner/script.py (its errors 1 and 2) and the rules of MLPerf Tiny.

import { AppError } from '../base/errors.ts'
import type { Us } from '../base/units.ts'
import { MLPERF_TASKS, RESULT_DECIMALS, type MlperfTask } from '../device/mlperf-protocol.ts'
import type { MlperfDevice } from './mlperf-device.ts'

export const MLPERF_RULE = { windows: 5, inferences: 10, seconds: 10 } as const
const WARMUPS = 10

/** An int8 tensor as a model has it. */
interface Edge {
  scale: number
  zeroPoint: number
}

/** The benchmark whose sizes a model has. Throws MLPERF_MODEL_UNKNOWN. */
export function findMlperfTask(inputValues: number, outputValues: number): MlperfTask {
  const task = MLPERF_TASKS.find((row) => row.inputValues === inputValues && row.outputValues === outputValues)
  if (task !== undefined) return task
  throw new AppError(
    'MLPERF_MODEL_UNKNOWN',
    `No benchmark of MLPerf Tiny has ${inputValues} values in and ${outputValues} out.`,
  )
}

const float32 = (values: Int8Array, { scale, zeroPoint }: Edge) =>
  Float32Array.from(values, (value) => Math.fround(scale) * (value - zeroPoint))

/** What a runner loads so that the model's input is `input`. */
export function loadedBytes(task: MlperfTask, input: Int8Array, edge: Edge): Uint8Array {
  if (task.input === 'float32') return new Uint8Array(float32(input, edge).buffer)
  return Uint8Array.from(input, (value) => (task.input === 'uint8' ? value + 128 : value & 0xff))
}

/** What the board has to print for an output: each step in float32, as its C does, rounded to the decimals printed. */
export function expectedResults(task: MlperfTask, loaded: Uint8Array, output: Int8Array, edge: Edge): number[] {
  const values = float32(output, edge)
  const round = (value: number) => Number(value.toFixed(RESULT_DECIMALS))
  if (task.results === 'outputs') return Array.from(values, round)
  const window = new Float32Array(loaded.buffer, loaded.byteOffset, values.length)
  let sum = 0
  values.forEach((value, i) => {
    const difference = Math.fround(value - window[i]!)
    sum = Math.fround(sum + Math.fround(difference * difference))
  })
  return [round(Math.fround(sum / values.length))]
}

export interface MlperfWindow {
  inferences: number
  elapsedUs: Us
  /** inferences a second */
  throughput: number
}

export interface MlperfThroughput {
  windows: MlperfWindow[]
  /** median of the windows' */
  throughput: number
  /** whether the windows were as many and as long as the benchmark asks for */
  ruleMet: boolean
}

export interface ThroughputOptions {
  /** of each window, on the board's own clock */
  seconds: number
  /** called with the loaded bytes of a window and what the board answered */
  onResults: (window: number, results: readonly number[]) => void
  onWindow: (done: number) => void
}

/** Allowance of a window for what is slower than the board's own clock says: a virtual board on a loaded machine. */
const TIMEOUT_FACTOR = 200
const TIMEOUT_MS = 60_000

/** One window for each entry of `loads`. Throws BOARD_UNSUPPORTED where the board counts no time. */
export async function measureThroughput(
  device: MlperfDevice,
  loads: readonly Uint8Array[],
  { seconds, onResults, onWindow }: ThroughputOptions,
): Promise<MlperfThroughput> {
  const windows: MlperfWindow[] = []
  for (const [index, bytes] of loads.entries()) {
    await device.load(bytes)
    const first = await device.infer(1, 0)
    onResults(index, first.results)
    if (first.elapsed <= 0) throw new AppError('BOARD_UNSUPPORTED', 'The board counts no time.')
    const inferences = Math.max(MLPERF_RULE.inferences, Math.ceil((seconds * 1e6) / first.elapsed))
    const deadline = TIMEOUT_MS + (TIMEOUT_FACTOR * (inferences + WARMUPS) * first.elapsed) / 1000
    const { elapsed, results } = await device.infer(inferences, WARMUPS, deadline)
    onResults(index, results)
    windows.push({ inferences, elapsedUs: elapsed, throughput: (inferences * 1e6) / elapsed })
    onWindow(index + 1)
  }
  const rates = windows.map((window) => window.throughput).toSorted((a, b) => a - b)
  return {
    windows,
    throughput: rates[Math.floor(rates.length / 2)]!,
    ruleMet:
      windows.length >= MLPERF_RULE.windows && windows.every((window) => window.elapsedUs >= MLPERF_RULE.seconds * 1e6),
  }
}
