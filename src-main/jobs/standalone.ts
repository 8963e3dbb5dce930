// The work of single commands: one stage, or a few, without a run in the store.

import { writeFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { toAppError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Progress } from '../base/progress.ts'
import { createRng } from '../base/rng.ts'
import { detachedContext, type JobContext } from './job-context.ts'

export interface Standalone {
  signal: AbortSignal
  log: Log
  /** of a named part of the work */
  progress: (label: string) => Progress
  seed: number
}

export const standaloneContext = ({ signal, log, progress, seed }: Standalone, label: string): JobContext =>
  detachedContext({ signal, log, progress: progress(label), rng: createRng(seed), clock: systemClock })

/** Throws DISK_FULL, FILE_UNREADABLE, FILE_NOT_FOUND (the folder). */
export function writeOutput(file: string, data: Uint8Array): { file: string; bytes: number } {
  try {
    writeFileSync(file, data)
  } catch (thrown) {
    throw toAppError(thrown)
  }
  return { file, bytes: data.length }
}
