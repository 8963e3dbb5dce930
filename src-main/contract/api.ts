// The API between the window and the main process: one row a request, checked at both ends.
// The window calls `window.thimble.request(name, params)` and gets a Result; events come through `window.thimble.on`.

import { z } from 'zod'
import { jobEvent, provenance, runDetail, runRequest, runSummary } from './run.ts'

export const boardSummary = z.object({
  id: z.string(), // `virtual:stm32f407`, `stlink:<serial>`
  name: z.string(), // `STM32F407G-DISC1`
  core: z.string(),
  clock_hz: z.number(),
  flash_bytes: z.number(),
  ram_bytes: z.number(),
  budget_flash_bytes: z.number(),
  budget_ram_bytes: z.number(),
  kind: z.enum(['virtual', 'probe', 'serial']),
  provenance,
  /** the provenance of cycles and latencies */
  timing: provenance,
  /** `ready`, or why it can't be used now */
  state: z.enum(['ready', 'unsupported', 'no-permission', 'in-use']),
  detail: z.string(),
})
export type BoardSummary = z.infer<typeof boardSummary>

export const modelSummary = z.object({
  /** `task:ad` for a built-in task that is trained here, else the file's path */
  id: z.string(),
  name: z.string(),
  task: z.literal('ad').nullable(),
  file: z.string().nullable(),
  file_bytes: z.number().nullable(),
  dtype: z.string(),
  description_key: z.string().nullable(),
})
export type ModelSummary = z.infer<typeof modelSummary>

export const tensorInfo = z.object({
  name: z.string(),
  shape: z.array(z.number()),
  dtype: z.string(),
  scale: z.number().nullable(),
  zeroPoint: z.number().nullable(),
})

export const inspection = z.object({
  format: z.string(),
  inputs: z.array(tensorInfo),
  outputs: z.array(tensorInfo),
  ops: z.record(z.string(), z.number()),
  parameters: z.number(),
  macs: z.number(),
  weightBytes: z.number(),
})
export type Inspection = z.infer<typeof inspection>

export const settings = z.object({ theme: z.enum(['system', 'light', 'dark']) })
export type Settings = z.infer<typeof settings>

/** An event, its place in its job (from 0) and when it came by the wall clock: a reloaded window misses and doubles none. */
export const timedEvent = z.object({ seq: z.number().int(), at_ms: z.number(), event: jobEvent })
export type TimedEvent = z.infer<typeof timedEvent>

const nothing = z.object({})

export const REQUESTS = {
  'app.info': {
    params: nothing,
    result: z.object({
      version: z.string(),
      electron: z.string(),
      platform: z.string(),
      /** true on the development fallback runtime, which is never shipped */
      fallbackRuntime: z.boolean(),
      /** every job of this window is a quick one */
      quick: z.boolean(),
      store_path: z.string(),
      store_bytes: z.number(),
    }),
  },
  'settings.get': { params: nothing, result: settings },
  'settings.set': { params: settings, result: settings },
  'models.list': { params: nothing, result: z.array(modelSummary) },
  /** opens the system's file dialog; null when the user closes it */
  'models.pick': { params: nothing, result: modelSummary.nullable() },
  /** a path dropped on the window, or one seen before: checked, then listed */
  'models.add': { params: z.object({ file: z.string() }), result: modelSummary },
  'models.inspect': { params: z.object({ file: z.string() }), result: inspection },
  'boards.list': { params: nothing, result: z.array(boardSummary) },
  /** erases all of the board's flash, which takes its read-out protection off; `level` is what it was */
  'boards.unprotect': {
    params: z.object({ boardId: z.string() }),
    result: z.object({ level: z.number(), erasedBytes: z.number() }),
  },
  'jobs.start': { params: runRequest, result: z.object({ jobId: z.string() }) },
  'jobs.cancel': { params: z.object({ jobId: z.string() }), result: z.object({ accepted: z.boolean() }) },
  /** to what the job asks; who does not agree cancels it */
  'jobs.agree': { params: z.object({ jobId: z.string() }), result: z.object({ accepted: z.boolean() }) },
  /** all events of the job that runs now or ran last in this session, so that a reloaded window catches up */
  'jobs.current': {
    params: nothing,
    result: z.object({ jobId: z.string(), events: z.array(timedEvent) }).nullable(),
  },
  'runs.list': {
    params: z.object({ limit: z.number().int().positive().max(1000), offset: z.number().int().nonnegative() }),
    result: z.object({ total: z.number(), runs: z.array(runSummary) }),
  },
  'runs.show': { params: z.object({ id: z.number().int() }), result: runDetail },
  'runs.delete': { params: z.object({ id: z.number().int() }), result: z.object({ deleted: z.boolean() }) },
} as const

export type RequestName = keyof typeof REQUESTS
export type RequestParams<N extends RequestName> = z.input<(typeof REQUESTS)[N]['params']>
export type RequestResult<N extends RequestName> = z.output<(typeof REQUESTS)[N]['result']>

export const EVENTS = {
  'job.event': timedEvent.extend({ jobId: z.string() }),
  'runs.changed': nothing,
  /** all boards that there are now */
  'boards.changed': z.object({ boards: z.array(boardSummary) }),
} as const

export type EventName = keyof typeof EVENTS
export type EventPayload<N extends EventName> = z.output<(typeof EVENTS)[N]>

/** What the preload script puts on `window`. */
export interface ThimbleApi {
  request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
  ): Promise<{ ok: true; value: RequestResult<N> } | { ok: false; error: import('../base/errors.ts').ErrorDto }>
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void
  /** the path of a file dropped on the window */
  pathOfFile(file: File): string
}
