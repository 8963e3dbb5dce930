// What the firmware can do, over any link: through the probe or a serial line.

import { AppError, throwIfCancelled } from '../base/errors.ts'
import { bytes, cycles, hz, type Bytes, type Cycles, type Hz } from '../base/units.ts'
import type { Link } from './link.ts'
import {
  CLOCK_SOURCES,
  LINK_VERSION,
  MAX_PAYLOAD,
  payloadBytes,
  readPayload,
  writePayload,
  type ClockSource,
  type Payload,
  type PayloadName,
} from './link-protocol.ts'

export interface Hello {
  chipId: number
  clock: Hz
  clockSource: ClockSource
  ccmBytes: Bytes
  /** false: every count of cycles is null */
  cycleCounter: boolean
  modelBytes: Bytes
  arenaBytes: Bytes
}

/** A tensor in the arena. */
export interface Span {
  offset: number
  bytes: number
}

export interface OpenModel {
  ops: number
  arenaBytes: Bytes
  inputs: Span[]
  outputs: Span[]
}

export interface OpsRun {
  /** null where the chip counts none */
  cycles: Cycles | null
  /** of each op from `first` on, when asked for */
  opCycles: Cycles[] | null
}

export interface Inference {
  outputs: Uint8Array[]
  cycles: Cycles | null
}

export interface RunOptions {
  signal?: AbortSignal | undefined
  /** how long one run of the model may take before the firmware counts as silent; a fault is noticed at once */
  timeoutMs?: number
}

export interface FirmwareClient {
  hello(): Promise<Hello>
  /** The firmware checks the packed model in flash completely. Throws MODEL_REJECTED with its reason. */
  openModel(): Promise<OpenModel>
  writeArena(offset: number, data: Uint8Array, signal?: AbortSignal): Promise<void>
  readArena(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
  /** Runs ops `first` to `end` - 1 on what is in the arena. */
  runOps(first: number, end: number, options?: RunOptions & { profile?: boolean }): Promise<OpsRun>
  /** One inference: an array for each of the open model's inputs. Throws INPUT_SIZE_WRONG. */
  infer(inputs: readonly Uint8Array[], options?: RunOptions): Promise<Inference>
  close(): Promise<void>
}

const RUN_TIMEOUT_MS = 300_000
/** Short: the first HELLO may come before the firmware listens. */
const HELLO_TIMEOUT_MS = 1000
const INFER_ATTEMPTS = 3
const INFER_ROOM = MAX_PAYLOAD - payloadBytes('write')
const PROFILE_OPS = Math.floor((MAX_PAYLOAD - payloadBytes('ran')) / 4)

function parse<Name extends PayloadName>(name: Name, payload: Uint8Array) {
  const answer = readPayload(name, payload)
  if (answer === null) throw new AppError('BOARD_NO_FIRMWARE', `The firmware's answer ${name} is too short.`)
  return answer
}

const countedCycles = (ran: Payload<'ran'>) =>
  ran.cycles_present ? cycles(ran.cycles_high * 2 ** 32 + ran.cycles_low) : null

const words = (tail: Uint8Array) => {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  return Array.from({ length: tail.length >>> 2 }, (_, index) => view.getUint32(4 * index, true))
}

export function createFirmwareClient(link: Link): FirmwareClient {
  let model: OpenModel | null = null

  async function writeArena(offset: number, data: Uint8Array, signal?: AbortSignal) {
    for (let at = 0; at < data.length; at += INFER_ROOM) {
      const piece = data.subarray(at, at + INFER_ROOM)
      await link.request('write', writePayload('write', { offset: offset + at }, piece), { signal })
    }
  }

  async function readArena(offset: number, length: number, signal?: AbortSignal) {
    const data = new Uint8Array(length)
    for (let at = 0; at < length; at += MAX_PAYLOAD) {
      const span = { offset: offset + at, bytes: Math.min(MAX_PAYLOAD, length - at) }
      data.set(await link.request('read', writePayload('span', span), { signal }), at)
    }
    return data
  }

  function openedModel(): OpenModel {
    if (model === null) throw new AppError('INTERNAL', 'No model has been opened on the board.')
    return model
  }

  /** What goes before the last frame of an inference is written first; that frame runs the model and answers. */
  async function inferOnce(opened: OpenModel, inputs: readonly Uint8Array[], { signal, timeoutMs }: RunOptions) {
    for (let i = 1; i < inputs.length; i++) await writeArena(opened.inputs[i]!.offset, inputs[i]!, signal)
    const first = inputs[0] ?? new Uint8Array(0)
    const before = Math.max(0, first.length - INFER_ROOM)
    await writeArena(opened.inputs[0]?.offset ?? 0, first.subarray(0, before), signal)
    const request = writePayload('write', { offset: before }, first.subarray(before))
    const { values, tail } = parse('ran', await link.request('infer', request, { timeoutMs, signal }))
    const outputs: Uint8Array[] = []
    for (const [index, span] of opened.outputs.entries()) {
      const head = index === 0 ? tail : new Uint8Array(0)
      const output = new Uint8Array(span.bytes)
      output.set(head)
      output.set(await readArena(span.offset + head.length, span.bytes - head.length, signal), head.length)
      outputs.push(output)
    }
    return { outputs, cycles: countedCycles(values) }
  }

  return {
    async hello() {
      const { values } = parse('hello', await link.request('hello', undefined, { timeoutMs: HELLO_TIMEOUT_MS }))
      if (values.link_version !== LINK_VERSION) {
        throw new AppError(
          'BOARD_NO_FIRMWARE',
          `The firmware speaks version ${values.link_version} of the link, this Thimble version ${LINK_VERSION}.`,
        )
      }
      const source = (Object.keys(CLOCK_SOURCES) as ClockSource[]).find(
        (name) => CLOCK_SOURCES[name].value === values.clock_source,
      )
      return {
        chipId: values.chip_id,
        clock: hz(values.clock_hz),
        clockSource: source ?? 'hsi',
        ccmBytes: bytes(values.ccm_bytes),
        cycleCounter: values.cycle_counter !== 0,
        modelBytes: bytes(values.model_bytes),
        arenaBytes: bytes(values.arena_bytes),
      }
    },

    async openModel() {
      const { values, tail } = parse('opened', await link.request('open'))
      const numbers = words(tail)
      const spans = Array.from({ length: numbers.length >>> 1 }, (_, index) => ({
        offset: numbers[2 * index]!,
        bytes: numbers[2 * index + 1]!,
      }))
      model = {
        ops: values.ops,
        arenaBytes: bytes(values.arena_bytes),
        inputs: spans.slice(0, values.inputs),
        outputs: spans.slice(values.inputs, values.inputs + values.outputs),
      }
      return model
    },

    writeArena,
    readArena,

    async runOps(first, end, { profile = false, signal, timeoutMs = RUN_TIMEOUT_MS } = {}) {
      // With a profile, one answer holds the cycles of so many ops.
      const step = profile ? PROFILE_OPS : Math.max(1, end - first)
      let total: number | null = 0
      const opCycles: Cycles[] = []
      for (let at = first; at < end; at += step) {
        const range = { first: at, end: Math.min(at + step, end), profile: profile ? 1 : 0 }
        const answer = await link.request('run', writePayload('run', range), { timeoutMs, signal })
        const { values, tail } = parse('ran', answer)
        const counted = countedCycles(values)
        total = counted === null || total === null ? null : total + counted
        opCycles.push(...words(tail).map(cycles))
      }
      return { cycles: total === null ? null : cycles(total), opCycles: profile && total !== null ? opCycles : null }
    },

    async infer(inputs, { signal, timeoutMs = RUN_TIMEOUT_MS } = {}) {
      const opened = openedModel()
      const wanted = opened.inputs.map((span) => span.bytes)
      if (inputs.length !== wanted.length || inputs.some((input, index) => input.length !== wanted[index])) {
        throw new AppError(
          'INPUT_SIZE_WRONG',
          `The model takes ${wanted.join(' + ')} bytes, not ${inputs.map((input) => input.length).join(' + ')}.`,
        )
      }
      for (let attempt = 1; ; attempt++) {
        throwIfCancelled(signal)
        try {
          return await inferOnce(opened, inputs, { signal, timeoutMs })
        } catch (error) {
          // A damaged answer: the ops have overwritten the input, so all of it goes again.
          if (!(error instanceof AppError && error.code === 'LINK_CORRUPT') || attempt === INFER_ATTEMPTS) throw error
        }
      }
    },

    close: () => link.close(),
  }
}
