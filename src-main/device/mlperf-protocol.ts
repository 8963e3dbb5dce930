// MLPerf Tiny's serial protocol as the firmware speaks it beside its frames: lines of ASCII, that no frame begins with.
// Source of commands, answers and sizes: mlcommons/tiny, benchmark/api/internally_implemented.cpp (commands and
// answers), benchmark/runner/device_under_test.py (what a runner sends and understands), and the reference
// submissions' th_load_tensor and th_results (what the bytes of each benchmark are).

import type { CHeader } from '../base/c-header.ts'

/** ends a command; nothing else does */
export const TERMINATOR = '%'
/** ends the answer to a command */
export const READY = 'm-ready'
/** characters of a command, EE_CMD_SIZE */
export const MAX_COMMAND = 80
/** bytes that a runner sends in one db command: what fits */
export const BYTES_PER_COMMAND = 31
/** decimals of a result */
export const RESULT_DECIMALS = 6

/** What the loaded bytes become: int8 as they are; uint8, of which 128 is subtracted; float32, that the board quantizes. */
export const MLPERF_INPUTS = { int8: 0, uint8: 1, float32: 2 } as const

export interface MlperfTask {
  id: string
  input: keyof typeof MLPERF_INPUTS
  /** values of the model's int8 input; a runner loads as many, each of `input` */
  inputValues: number
  /** values of the model's int8 output */
  outputValues: number
  /** results are the outputs, or the mean squared error between input and output */
  results: 'outputs' | 'error'
}

/** A packed model has no name: what is in flash is told by its sizes, which differ in all four. */
export const MLPERF_TASKS = [
  { id: 'kws01', input: 'int8', inputValues: 490, outputValues: 12, results: 'outputs' },
  { id: 'ic01', input: 'uint8', inputValues: 3072, outputValues: 10, results: 'outputs' },
  { id: 'vww01', input: 'uint8', inputValues: 27_648, outputValues: 2, results: 'outputs' },
  { id: 'ad01', input: 'float32', inputValues: 640, outputValues: 640, results: 'error' },
] as const satisfies readonly MlperfTask[]

export const mlperfC: CHeader = {
  file: 'tm_mlperf_tasks.h',
  source: 'src-main/device/mlperf-protocol.ts',
  blocks: [
    {
      kind: 'defines',
      title: 'Sizes',
      constants: [
        { name: 'TM_MLPERF_MAX_COMMAND', value: MAX_COMMAND },
        { name: 'TM_MLPERF_DECIMALS', value: RESULT_DECIMALS },
      ],
    },
    {
      kind: 'defines',
      title: 'What loaded bytes are',
      constants: Object.entries(MLPERF_INPUTS).map(([name, value]) => ({
        name: `TM_MLPERF_${name.toUpperCase()}`,
        value,
      })),
    },
    ...MLPERF_TASKS.map(
      ({ id, input, inputValues, outputValues }) =>
        ({
          kind: 'defines',
          title: id,
          constants: [
            { name: `TM_MLPERF_${id.toUpperCase()}_INPUT`, value: MLPERF_INPUTS[input] },
            { name: `TM_MLPERF_${id.toUpperCase()}_INPUT_VALUES`, value: inputValues },
            { name: `TM_MLPERF_${id.toUpperCase()}_OUTPUT_VALUES`, value: outputValues },
          ],
        }) as const,
    ),
  ],
}
