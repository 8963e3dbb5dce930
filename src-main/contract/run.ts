// What a run is, as both ends of every process boundary see it. Columns and fields carry their unit.

import { z } from 'zod'

export const provenance = z.enum(['hardware', 'emulated', 'estimated', 'host'])

export const provenanceDetail = z.object({
  provenance,
  board: z.string(),
  clock_hz: z.number(),
  firmware_sha256: z.string(),
  seed: z.number().int(),
  thimble_version: z.string(),
})

/** The spine's stages, in order. A run of a user's own int8 file skips `data`, `train` and `compress`. */
export const STAGES = ['data', 'train', 'compress', 'verify', 'plan', 'pack', 'flash', 'bench'] as const
export const stageName = z.enum(STAGES)
export type StageName = z.infer<typeof stageName>

export const runStatus = z.enum(['running', 'done', 'failed', 'cancelled', 'interrupted'])
export type RunStatus = z.infer<typeof runStatus>

export const errorDto = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  context: z.record(z.string(), z.unknown()).optional(),
})

/** Starts the main job: a built-in task, or the user's own model file. */
export const runRequest = z.object({
  task: z.literal('ad').optional(),
  file: z.string().optional(),
  boardId: z.string(),
  recipe: z.string().default('ptq'),
  seed: z.number().int().nonnegative().default(1),
  /** quick: fewer clips and epochs, for tests and demonstrations; the result says so */
  quick: z.boolean().default(false),
  /** erase flash that Thimble has not written, once it is read back to a file */
  overwriteForeign: z.boolean().default(false),
  /** connect while the chip is held in reset */
  underReset: z.boolean().default(false),
})
export type RunRequest = z.infer<typeof runRequest>

/** One inference that the board's firmware executed. `score` and `label` only where the task scores anomalies. */
export const sample = z.object({
  index: z.number().int(),
  latency_us: z.number(),
  cycles: z.number().nullable(),
  score: z.number().nullable(),
  label: z.union([z.literal(0), z.literal(1)]).nullable(),
})
export type Sample = z.infer<typeof sample>

export const stageRecord = z.object({
  name: stageName,
  status: z.enum(['pending', 'running', 'done', 'failed', 'cancelled', 'skipped']),
  ms: z.number().nullable(),
  /** what the stage has to say for itself, ready to show: `{key, value}` pairs such as `{key: 'arena_bytes', value: 1312}` */
  facts: z.array(z.object({ key: z.string(), value: z.union([z.string(), z.number()]) })),
})
export type StageRecord = z.infer<typeof stageRecord>

export const runSummary = z.object({
  id: z.number().int(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  status: runStatus,
  task: z.string().nullable(),
  model: z.string(),
  recipe: z.string(),
  board: z.string(),
  provenance,
  /** the provenance of the latencies; that of the run where there are none */
  timing: provenance,
  quick: z.boolean(),
  flash_bytes: z.number().nullable(),
  ram_bytes: z.number().nullable(),
  latency_p50_us: z.number().nullable(),
  latency_p99_us: z.number().nullable(),
  auc_float: z.number().nullable(),
  auc_int8: z.number().nullable(),
  auc_board: z.number().nullable(),
  error: errorDto.nullable(),
})
export type RunSummary = z.infer<typeof runSummary>

export const artifactRef = z.object({ name: z.string(), sha256: z.string(), bytes: z.number() })

export const runDetail = runSummary.extend({
  parameters: z.record(z.string(), z.unknown()),
  provenance_detail: provenanceDetail,
  stages: z.array(stageRecord),
  artifacts: z.array(artifactRef),
  metrics: z.array(z.object({ name: z.string(), unit: z.string(), value: z.number(), provenance })),
})
export type RunDetail = z.infer<typeof runDetail>

/** What a job waits for before it goes on: leave to erase what somebody else has written, which is in `backup` now. */
export const jobQuestion = z.object({
  sectors: z.array(z.object({ index: z.number().int(), start: z.number(), bytes: z.number() })),
  backup: z.string(),
})
export type JobQuestion = z.infer<typeof jobQuestion>

/** What a running job says, in order. The same stream feeds the window, the terminal and the store. */
export const jobEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), runId: z.number().int(), request: runRequest, stages: z.array(stageName) }),
  z.object({ type: z.literal('stage-started'), stage: stageName }),
  z.object({
    type: z.literal('stage-progress'),
    stage: stageName,
    done: z.number(),
    total: z.number(),
    /** null in the first five seconds, and where no total is known */
    eta_ms: z.number().nullable(),
    note: z.string().optional(),
  }),
  z.object({ type: z.literal('stage-done'), record: stageRecord }),
  /** training curve, one point an epoch */
  z.object({
    type: z.literal('curve'),
    series: z.enum(['train_loss', 'validation_loss']),
    step: z.number(),
    value: z.number(),
  }),
  /** inferences executed on the board since the last such event */
  z.object({ type: z.literal('samples'), samples: z.array(sample) }),
  /** what AUC the scores so far give, and of the models beside the one on the board */
  z.object({ type: z.literal('metric'), name: z.string(), unit: z.string(), value: z.number(), provenance }),
  z.object({ type: z.literal('log'), level: z.enum(['debug', 'info', 'warn', 'error']), message: z.string() }),
  /** the stage waits until the user agrees, or cancels the job */
  z.object({ type: z.literal('question'), stage: stageName, question: jobQuestion }),
  z.object({ type: z.literal('agreed'), stage: stageName }),
  z.object({ type: z.literal('finished'), run: runDetail }),
  z.object({
    type: z.literal('failed'),
    stage: stageName.nullable(),
    error: errorDto,
    status: z.enum(['failed', 'cancelled']),
  }),
])
export type JobEvent = z.infer<typeof jobEvent>
