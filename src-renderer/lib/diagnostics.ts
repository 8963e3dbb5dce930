// What "Copy diagnostics" puts on the clipboard: enough to understand a fault, and no path or file name.

import type { RequestResult } from '../../src-main/contract/api.ts'
import type { ShownFailure } from './failures.svelte.ts'
import type { JobState, LogLine } from './job-state.ts'

const LINES = 200

/** Absolute paths, of Windows too, and the names of model files. */
const PATHS = /(?:[A-Za-z]:)?[\\/][^\s"'<>|:]*[\\/][^\s"'<>|:,;)]*|[^\s"'/\\]+\.(?:tflite|onnx|pt2|db|bin)\b/g

export const withoutPaths = (text: string) => text.replace(PATHS, '[file]')

export function logText(lines: readonly LogLine[]): string {
  return lines
    .slice(-LINES)
    .map((line) => `${new Date(line.at_ms).toISOString()} ${line.level} ${line.stage ?? '-'} ${line.message}`)
    .join('\n')
}

export function diagnostics(failure: ShownFailure, info: RequestResult<'app.info'>, job: JobState | null): string {
  const { report } = failure
  const runtime = `electron ${info.electron}${info.fallbackRuntime ? ' (development fallback)' : ''}, ${info.platform}`
  const parts = [
    `thimble ${info.version}, ${runtime}`,
    `${report.code}: ${report.message}`,
    `stage ${failure.stage ?? '-'}, board ${job?.request?.boardId ?? '-'}, seed ${job?.request?.seed ?? '-'}`,
    report.context ? JSON.stringify(report.context, null, 1) : '',
    job ? logText(job.log) : '',
  ]
  return withoutPaths(parts.filter((part) => part !== '').join('\n'))
}
