// Requests and answers over a byte stream: one at a time, each with its sequence number, damage and silence handled.

import { systemClock, type Clock } from '../base/clock.ts'
import type { ErrorCode } from '../base/error-codes.ts'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { faultError, parseFaultRecord } from './fault-record.ts'
import { FrameReceiver, encodeFrame, type Frame } from './frame.ts'
import {
  ANSWER_BIT,
  FRAME_TYPES,
  LINK_ERRORS,
  MAX_FRAME,
  readPayload,
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
  close(): Promise<void>
}

/** Ample: a slow machine may emulate the board. A fault is noticed long before. */
const DEFAULT_TIMEOUT_MS = 10_000
const DIAGNOSE_EVERY_MS = 250
const ATTEMPTS = 3

/** Asking a second time does the same as asking once; running ops may overwrite their own input. */
const REPEATABLE: ReadonlySet<RequestFrame> = new Set(['hello', 'open', 'write', 'read'])

const ERROR_MEANING: Record<Exclude<LinkErrorName, 'bad_frame'>, ErrorCode> = {
  unknown_command: 'BOARD_NO_FIRMWARE',
  bad_length: 'BOARD_NO_FIRMWARE',
  out_of_range: 'MODEL_REJECTED',
  no_model: 'MODEL_REJECTED',
  model_refused: 'MODEL_REJECTED',
  run_failed: 'MODEL_REJECTED',
}

const NO_OP = 0xffffffff

const linkErrorName = (code: number) =>
  (Object.keys(LINK_ERRORS) as LinkErrorName[]).find((name) => LINK_ERRORS[name].value === code)

/** The request arrived damaged and did nothing; the answer came back damaged; nothing came in time. */
type Trouble = 'request damaged' | 'answer damaged' | 'silence'

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
  const receiver = new FrameReceiver()
  let sequence = 0
  let busy = false

  /** One attempt: the answer, or what went wrong with it. */
  async function ask(
    name: RequestFrame,
    payload: Uint8Array,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: RequestOptions,
  ): Promise<Uint8Array | Trouble> {
    sequence = (sequence + 1) & 0xff
    const damagedBefore = receiver.damaged
    await stream.write(encodeFrame({ type: FRAME_TYPES[name].value, sequence, payload }))
    const start = clock.monotonicMs()
    for (;;) {
      throwIfCancelled(signal)
      const remaining = timeoutMs - (clock.monotonicMs() - start)
      if (remaining <= 0) return receiver.damaged > damagedBefore ? 'answer damaged' : 'silence'
      const bytes = await stream.read(Math.min(remaining, DIAGNOSE_EVERY_MS))
      if (bytes.length === 0) await stream.diagnose?.()
      for (const frame of receiver.push(bytes)) {
        if (frame.type === FRAME_TYPES.fault.value) {
          const record = parseFaultRecord(frame.payload)
          if (record !== null) throw faultError(record)
        }
        if (frame.sequence !== sequence) continue // an answer to what was given up
        if (frame.type === (FRAME_TYPES[name].value | ANSWER_BIT)) return frame.payload
        if (frame.type === FRAME_TYPES.error.value) {
          await stream.diagnose?.() // a board that was reset refuses for that reason
          const answer = refusal(name, frame)
          if (answer instanceof AppError) throw answer
          return answer
        }
      }
    }
  }

  /** Ends whatever half frame the firmware may be waiting to see the rest of. */
  const resynchronise = () => stream.write(new Uint8Array(MAX_FRAME))

  async function request(name: RequestFrame, payload: Uint8Array, options: RequestOptions) {
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(name, payload, options)
      if (typeof answer !== 'string') return answer
      if (attempt < ATTEMPTS && (answer === 'request damaged' || REPEATABLE.has(name))) {
        await resynchronise()
        continue
      }
      await stream.diagnose?.()
      const context = { attempts: attempt, trouble: answer }
      if (answer === 'silence') {
        throw new AppError('BOARD_TIMEOUT', `The firmware did not answer ${name} in time.`, { context })
      }
      throw new AppError('LINK_CORRUPT', `Asking for ${name}: the ${answer.replace(' ', ' is ')}.`, { context })
    }
  }

  return {
    async request(name, payload = new Uint8Array(0), options = {}) {
      if (busy) throw new AppError('INTERNAL', `The link is asked for ${name} while it waits for another answer.`)
      busy = true
      try {
        return await request(name, payload, options)
      } finally {
        busy = false
      }
    },
    close: () => stream.close(),
  }
}
