// Requests and answers over a byte stream: one at a time, each with its sequence number, damage and silence handled.

import { systemClock, type Clock } from '../base/clock.ts'
import type { ErrorCode } from '../base/error-codes.ts'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { faultError, parseFaultRecord } from './fault-record.ts'
import { FrameReceiver, encodeFrame, type Frame } from './frame.ts'
import {
  ANSWER_BIT,
  BASE_BAUD,
  FRAME_TYPES,
  LINK_ERRORS,
  MAX_FRAME,
  readPayload,
  writePayload,
  type LinkErrorName,
  type RequestFrame,
} from './link-protocol.ts'

export interface RequestOptions {
  /** how long the firmware may take for an answer; running a model may take long */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface Link {
  /**
   * The answer's payload. Throws MODEL_REJECTED and others for what the firmware refuses, LINK_CORRUPT, BOARD_TIMEOUT,
   * BOARD_FAULT, BOARD_GONE, CANCELLED.
   */
  request(name: RequestFrame, payload?: Uint8Array, options?: RequestOptions): Promise<Uint8Array>
  /**
   * Serial lines: firmware and port go over to another rate, where one answer has to arrive. Throws SERIAL_RATE when
   * the firmware refuses it or the line does not hold at it, and what request throws.
   */
  changeBaud(baud: number): Promise<void>
  close(): Promise<void>
}

/** Ample: a slow machine may emulate the board. A fault is noticed long before. */
const DEFAULT_TIMEOUT_MS = 10_000
const DIAGNOSE_EVERY_MS = 250
const ATTEMPTS = 3
/** Of the first words on a serial line: a slow machine that emulates the board needs more time than a board to start. */
const GREETING_ATTEMPTS = 10
/** On a serial line a request may be lost: after so much silence, and then again and again, the firmware is greeted. */
const GREET_MS = 1000
/** Ample against QUIET_MS in firmware/port/common/usart.c, after which the firmware gives up on half a frame. */
const QUIET_MS = 150
const NEW_RATE_MS = 1000
/** Each is a framing error to a USART at another rate than BASE_BAUD, which then goes back to that. */
const WRONG_RATE = new Uint8Array(64)

/** Asking a second time does the same as asking once; running ops may overwrite their own input. */
const REPEATABLE: ReadonlySet<RequestFrame> = new Set(['hello', 'open', 'write', 'read', 'rate'])

const ERROR_MEANING: Record<Exclude<LinkErrorName, 'bad_frame'>, ErrorCode> = {
  unknown_command: 'BOARD_NO_FIRMWARE',
  bad_length: 'BOARD_NO_FIRMWARE',
  out_of_range: 'MODEL_REJECTED',
  no_model: 'MODEL_REJECTED',
  model_refused: 'MODEL_REJECTED',
  run_failed: 'MODEL_REJECTED',
  no_rate: 'SERIAL_RATE',
}

const NO_OP = 0xffffffff

const linkErrorName = (code: number) =>
  (Object.keys(LINK_ERRORS) as LinkErrorName[]).find((name) => LINK_ERRORS[name].value === code)

/**
 * The request arrived damaged and did nothing; the answer came back damaged; the firmware waits for requests, so one of
 * the two was lost; nothing came in time.
 */
type Trouble = 'request damaged' | 'answer damaged' | 'request or answer lost' | 'silence'

function refusal(name: RequestFrame, frame: Frame): AppError | Trouble {
  const payload = readPayload('error', frame.payload)
  const error = payload === null ? undefined : linkErrorName(payload.values.code)
  if (payload === null || error === undefined) {
    return new AppError('BOARD_NO_FIRMWARE', `The firmware answered ${name} with an error that this version lacks.`)
  }
  if (error === 'bad_frame') return 'request damaged'
  const reason = Buffer.from(payload.tail).toString('latin1')
  const op = payload.values.op === NO_OP ? undefined : payload.values.op
  const at = error === 'model_refused' && op !== undefined ? ` (op ${op})` : ''
  return new AppError(ERROR_MEANING[error], `The firmware refused ${name}: ${reason}${at}.`, {
    context: { reason, linkError: error, detail: payload.values.detail, ...(at ? { op } : {}) },
  })
}

export function createLink(stream: ByteStream, clock: Clock = systemClock): Link {
  const { serial } = stream
  const receiver = new FrameReceiver()
  let sequence = 0
  let baud = BASE_BAUD
  let busy = false

  async function send(name: RequestFrame, payload: Uint8Array): Promise<number> {
    sequence = (sequence + 1) & 0xff
    await stream.write(encodeFrame({ type: FRAME_TYPES[name].value, sequence, payload }))
    return sequence
  }

  /** One attempt: the answer, or what went wrong with it. `asked` has earlier attempts, whose answers are as good. */
  async function ask(
    name: RequestFrame,
    payload: Uint8Array,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: RequestOptions,
    asked = new Set<number>(),
  ): Promise<Uint8Array | Trouble> {
    const damagedBefore = receiver.damaged
    const trouble = (without: Trouble): Trouble => (receiver.damaged > damagedBefore ? 'answer damaged' : without)
    const latest = await send(name, payload)
    asked.add(latest)
    const greetings = new Set<number>()
    const start = clock.monotonicMs()
    let heard = start
    for (;;) {
      throwIfCancelled(signal)
      const now = clock.monotonicMs()
      if (now - start >= timeoutMs) return trouble('silence')
      const bytes = await stream.read(Math.min(timeoutMs - (now - start), DIAGNOSE_EVERY_MS))
      if (bytes.length > 0) heard = clock.monotonicMs()
      else await stream.diagnose?.()
      const frames = receiver.push(bytes)
      if (serial !== undefined && clock.monotonicMs() - heard >= GREET_MS * 2 ** greetings.size) {
        frames.push(...receiver.abandon())
        greetings.add(await send('hello', new Uint8Array(0)))
        heard = clock.monotonicMs()
      }
      for (const frame of frames) {
        if (frame.type === FRAME_TYPES.fault.value) {
          const record = parseFaultRecord(frame.payload)
          if (record !== null) throw faultError(record)
        }
        // Requests are answered in their order: this one is not being worked on.
        if (greetings.has(frame.sequence)) return trouble('request or answer lost')
        if (!asked.has(frame.sequence)) continue // an answer to what was given up
        if (frame.type === (FRAME_TYPES[name].value | ANSWER_BIT)) return frame.payload
        if (frame.type === FRAME_TYPES.error.value && frame.sequence === latest) {
          await stream.diagnose?.() // a board that was reset refuses for that reason
          const answer = refusal(name, frame)
          if (answer instanceof AppError) throw answer
          return answer
        }
      }
    }
  }

  /** Lets time pass, and with it what is half in a receiver. */
  async function waitUntilQuiet() {
    const start = clock.monotonicMs()
    while (clock.monotonicMs() - start < QUIET_MS) await stream.read(QUIET_MS)
    receiver.abandon()
  }

  /** The firmware has gone back to its first rate, or does so now; from there once more to the one that was chosen. */
  async function findRate() {
    const wanted = baud
    await serial?.setBaud((baud = BASE_BAUD))
    await stream.write(WRONG_RATE)
    await waitUntilQuiet()
    const answer = await ask('rate', writePayload('rate', { baud: wanted }), { timeoutMs: NEW_RATE_MS })
    if (typeof answer !== 'string') await serial?.setBaud((baud = wanted))
  }

  async function resynchronise(trouble: Trouble) {
    // Ends whatever half frame the firmware may be waiting to see the rest of.
    if (serial === undefined) return stream.write(new Uint8Array(MAX_FRAME))
    await waitUntilQuiet()
    if (trouble === 'silence' && baud !== BASE_BAUD) await findRate()
  }

  async function request(name: RequestFrame, payload: Uint8Array, options: RequestOptions) {
    const asked = new Set<number>()
    const attempts = name === 'hello' && serial !== undefined ? GREETING_ATTEMPTS : ATTEMPTS
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(name, payload, options, asked)
      if (typeof answer !== 'string') return answer
      if (attempt < attempts && (answer === 'request damaged' || REPEATABLE.has(name))) {
        await resynchronise(answer)
        continue
      }
      await stream.diagnose?.()
      if (serial !== undefined) await resynchronise(answer) // for the next request
      const context = { attempts: attempt, trouble: answer }
      if (answer === 'silence') {
        throw new AppError('BOARD_TIMEOUT', `The firmware did not answer ${name} in time.`, { context })
      }
      throw new AppError('LINK_CORRUPT', `Asking for ${name}: ${answer}.`, { context })
    }
  }

  async function changeBaud(wanted: number) {
    if (serial === undefined) throw new AppError('INTERNAL', 'Only a serial line has a rate.')
    if (wanted === baud) return
    await request('rate', writePayload('rate', { baud: wanted }), {})
    await serial.setBaud((baud = wanted))
    const asked = new Set<number>()
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const answer = await ask('hello', new Uint8Array(0), { timeoutMs: NEW_RATE_MS }, asked)
      if (typeof answer !== 'string') return
    }
    // Nothing whole has come to the firmware either: it goes back by itself.
    await serial.setBaud((baud = BASE_BAUD))
    throw new AppError('SERIAL_RATE', `At ${wanted} baud no whole answer comes back.`)
  }

  /** One conversation at a time. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (busy) throw new AppError('INTERNAL', 'The link is asked while it waits for another answer.')
    busy = true
    try {
      return await work()
    } finally {
      busy = false
    }
  }

  return {
    request: (name, payload = new Uint8Array(0), options = {}) => alone(() => request(name, payload, options)),
    changeBaud: (wanted) => alone(() => changeBaud(wanted)),
    close: () => stream.close(),
  }
}
