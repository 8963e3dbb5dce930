// `thimble bench --mlperf`: a model's throughput by MLPerf Tiny's protocol, over the board's serial line.

import { AppError } from '../base/errors.ts'
import { createRng } from '../base/rng.ts'
import { createMlperfDevice } from '../bench/mlperf-device.ts'
import { expectedResults, findMlperfTask, loadedBytes, measureThroughput, MLPERF_RULE } from '../bench/mlperf.ts'
import type { Board } from '../device/board.ts'
import type { ByteStream } from '../device/byte-stream.ts'
import { elementCount, type Graph } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'
import { scaleOf, tensorAt, zeroPointOf } from '../ir/tensor-access.ts'
import { withFlashedModel, type BoardPlace } from './flashed-model.ts'
import { randomInputs } from './model-io.ts'
import { readModelFile } from './read-model-file.ts'
import { isSerialBoard, openSerialBoard } from './serial-board.ts'
import type { Standalone } from './standalone.ts'

/** Emulated windows are so long: an emulator's clock does not vary, and a second of it takes many of ours. */
const EMULATED_SECONDS = 0

interface Tensors {
  task: ReturnType<typeof findMlperfTask>
  input: { scale: number; zeroPoint: number }
  output: { scale: number; zeroPoint: number }
}

/** Throws MLPERF_MODEL_UNKNOWN. */
function tensorsOf(graph: Graph): Tensors {
  const edge = (ids: readonly number[]) => {
    const tensor = tensorAt(graph, ids[0])
    if (ids.length !== 1 || tensor.dtype !== 'int8') {
      throw new AppError('MLPERF_MODEL_UNKNOWN', `${graph.name} has not one int8 input and one int8 output.`)
    }
    const affine = { scale: scaleOf(tensor), zeroPoint: zeroPointOf(tensor) }
    return { values: elementCount(tensor.shape), affine }
  }
  const [input, output] = [edge(graph.inputs), edge(graph.outputs)]
  return { task: findMlperfTask(input.values, output.values), input: input.affine, output: output.affine }
}

/** A virtual board's serial port; `arrive` gets what leaves the board. */
function virtualLine(): { arrive: (bytes: Uint8Array) => void; stream: (board: Board) => ByteStream } {
  let arrived: Uint8Array[] = []
  let wake = () => {}
  return {
    arrive: (bytes) => {
      arrived.push(bytes)
      wake()
    },
    stream: (board) => ({
      write: async (data) => board.writeSerial?.(data, null),
      async read(waitMs) {
        if (arrived.length === 0) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, waitMs)
            wake = () => {
              clearTimeout(timer)
              resolve()
            }
          })
        }
        const bytes = new Uint8Array(Buffer.concat(arrived))
        arrived = []
        return bytes
      },
      close: async () => undefined,
    }),
  }
}

interface OnLine {
  stream: ByteStream
  seconds: number
}

/** Speaks as a runner would, and holds every answer against the interpreter's. Throws VERIFY_FAILED. */
async function talk(graph: Graph, { task, input, output }: Tensors, { stream, seconds }: OnLine, work: Standalone) {
  const interpreter = createInterpreter(graph)
  const progress = work.progress('windows')
  const rng = createRng(work.seed)
  const windows = Array.from({ length: MLPERF_RULE.windows }, (_, index) => {
    const [values] = randomInputs(graph, rng.fork(`window ${index}`)) as [Int8Array]
    const loaded = loadedBytes(task, values, input)
    const [answer] = interpreter.run([values]) as [Int8Array]
    return { loaded, expected: expectedResults(task, loaded, answer, output) }
  })
  const device = createMlperfDevice(stream, work.signal)
  const name = await device.name()
  const model = await device.model()
  if (model !== task.id) throw new AppError('BOARD_OTHER_MODEL', `The board says it has ${model}, not ${task.id}.`)
  let checked = 0
  const measured = await measureThroughput(
    device,
    windows.map(({ loaded }) => loaded),
    {
      seconds,
      onResults: (index, results) => {
        const { expected } = windows[index]!
        if (expected.length !== results.length || expected.some((value, i) => value !== results[i])) {
          const context = { expected: expected.join(' '), results: results.join(' ') }
          throw new AppError('VERIFY_FAILED', `Window ${index}: the board's results differ from the interpreter's.`, {
            context,
          })
        }
        checked++
      },
      onWindow: (done) => progress(done, windows.length),
    },
  )
  return { name, model, ...measured, resultsEqualToInterpreter: checked }
}

export interface MlperfRequest extends BoardPlace {
  file: string
}

/**
 * A virtual board is flashed first. Over `serial:PATH` the model that is in flash is measured, by the benchmark's rule.
 * Throws MLPERF_MODEL_UNKNOWN, BOARD_OTHER_MODEL, VERIFY_FAILED, SERIAL_NO_PROBE for a probe, and what a device throws.
 */
export async function benchMlperf({ file, ...place }: MlperfRequest, work: Standalone) {
  const { graph } = readModelFile(file)
  const tensors = tensorsOf(graph)
  const common = { board: place.boardId, seed: work.seed, rule: MLPERF_RULE }
  if (isSerialBoard(place.boardId)) {
    const board = await openSerialBoard(place.boardId)
    try {
      const { provenance, data, hello, stream } = board
      const seconds = provenance === 'hardware' ? MLPERF_RULE.seconds : EMULATED_SECONDS
      const measured = await talk(graph, tensors, { stream, seconds }, work)
      const timing = provenance === 'hardware' ? provenance : data.timing
      return { ...common, provenance, timing, clockHz: hello.clock, ...measured }
    } finally {
      await board.close()
    }
  }
  if (place.boardId.startsWith('stlink:')) {
    throw new AppError('MLPERF_NEEDS_SERIAL', `${place.boardId} is a probe; MLPerf's protocol goes over a serial line.`)
  }
  const line = virtualLine()
  return withFlashedModel(graph, { ...place, onSerial: line.arrive }, work, async ({ board, flashed }) => {
    const on = { stream: line.stream(board), seconds: EMULATED_SECONDS }
    const measured = await talk(graph, tensors, on, work)
    const { provenance, timing } = board
    return { ...common, provenance, timing, clockHz: flashed.hello.clock, ...measured }
  })
}

export type MlperfReport = Awaited<ReturnType<typeof benchMlperf>>
