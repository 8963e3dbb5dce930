// A board as MLPerf Tiny's runner sees it: commands and answers of device/mlperf-protocol.ts over a serial line.

import { systemClock, type Clock } from '../base/clock.ts'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import { us, type Us } from '../base/units.ts'
import type { ByteStream } from '../device/byte-stream.ts'
import { BYTES_PER_COMMAND, READY, TERMINATOR } from '../device/mlperf-protocol.ts'

export interface MlperfInference {
  /** between the two laps that the board printed: of all inferences, without those that warmed it up */
  elapsed: Us
  /** of the last inference */
  results: number[]
}

/** Every call throws MLPERF_REFUSED with what the board says, BOARD_TIMEOUT, LINK_CORRUPT, BOARD_GONE, CANCELLED. */
export interface MlperfDevice {
  /** Also begins the conversation: a board answers nothing before it. */
  name(): Promise<string>
  /** `kws01` and so on */
  model(): Promise<string>
  load(bytes: Uint8Array): Promise<void>
  infer(runs: number, warmups: number, timeoutMs?: number): Promise<MlperfInference>
}

const TIMEOUT_MS = 30_000
const POLL_MS = 250
/** Far more than an answer has: what comes without end is no answer. */
const MOST_LINES = 10_000

export function createMlperfDevice(stream: ByteStream, signal?: AbortSignal, clock: Clock = systemClock): MlperfDevice {
  let rest = ''

  async function readLine(command: string, timeoutMs: number): Promise<string> {
    const start = clock.monotonicMs()
    for (;;) {
      const end = rest.indexOf('\n')
      if (end >= 0) {
        const line = rest.slice(0, end).replace(/\r$/, '')
        rest = rest.slice(end + 1)
        return line
      }
      throwIfCancelled(signal)
      if (clock.monotonicMs() - start >= timeoutMs) {
        throw new AppError('BOARD_TIMEOUT', `The board did not end its answer to ${command} in time.`)
      }
      rest += Buffer.from(await stream.read(POLL_MS)).toString('latin1')
      await stream.diagnose?.()
    }
  }

  const send = (command: string) => stream.write(Buffer.from(command + TERMINATOR, 'latin1'))

  /** The lines before `m-ready`. */
  async function ask(command: string, timeoutMs = TIMEOUT_MS): Promise<string[]> {
    await send(command)
    const lines: string[] = []
    for (let line = await readLine(command, timeoutMs); line !== READY; line = await readLine(command, timeoutMs)) {
      lines.push(line)
      if (lines.length > MOST_LINES) break
    }
    const refused = lines.map((line) => /^e-\[(.*)\]$/.exec(line)?.[1]).find((reason) => reason !== undefined)
    if (refused !== undefined) {
      throw new AppError('MLPERF_REFUSED', `The board refused ${command.slice(0, 20)}: ${refused}.`)
    }
    return lines
  }

  /** What the first such line has in its group. */
  function find(lines: readonly string[], pattern: RegExp, command: string): string {
    for (const line of lines) {
      const found = pattern.exec(line)?.[1]
      if (found !== undefined) return found
    }
    throw new AppError('LINK_CORRUPT', `The board's answer to ${command} is not whole.`)
  }

  return {
    async name() {
      // What a board says when it starts ends with m-ready too, and may still be under way.
      const pattern = /^m-name-dut-\[([^\]]+)\]$/
      await send('name')
      for (let seen = 0; seen < MOST_LINES; seen++) {
        const name = pattern.exec(await readLine('name', TIMEOUT_MS))?.[1]
        if (name === undefined) continue
        while ((await readLine('name', TIMEOUT_MS)) !== READY);
        return name
      }
      throw new AppError('LINK_CORRUPT', 'The board did not say its name.')
    },
    model: async () => find(await ask('profile'), /^m-model-\[([^\]]+)\]$/, 'profile'),
    async load(bytes) {
      await ask(`db load ${bytes.length}`)
      let lines: string[] = []
      for (let at = 0; at < bytes.length; at += BYTES_PER_COMMAND) {
        lines = await ask(`db ${Buffer.from(bytes.subarray(at, at + BYTES_PER_COMMAND)).toString('hex')}`)
      }
      if (!lines.includes('m-load-done')) throw new AppError('LINK_CORRUPT', 'Bytes were lost on the way to the board.')
    },
    async infer(runs, warmups, timeoutMs) {
      const lines = await ask(`infer ${runs} ${warmups}`, timeoutMs)
      const laps = lines.map((line) => /^m-lap-us-(\d+)$/.exec(line)?.[1]).filter((lap) => lap !== undefined)
      const results = find(lines, /^m-results-\[([^\]]+)\]$/, 'infer')
        .split(',')
        .map(Number)
      const [start, end] = laps.map(Number)
      if (start === undefined || end === undefined) {
        throw new AppError('LINK_CORRUPT', "The board's answer to infer lacks a lap.")
      }
      return { elapsed: us(end - start), results }
    },
  }
}
