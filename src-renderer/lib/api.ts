// Calls to the main process. A refusal is thrown as the Failure that the error dialog shows.

import type {
  EventName,
  EventPayload,
  RequestName,
  RequestParams,
  RequestResult,
  ThimbleApi,
} from '../../src-main/contract/api.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'

declare global {
  interface Window {
    thimble: ThimbleApi
  }
}

export type ErrorReport = NonNullable<RunDetail['error']>

export class Failure extends Error {
  readonly report: ErrorReport

  constructor(report: ErrorReport) {
    super(report.message)
    this.report = report
  }
}

export async function request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
  const result = await window.thimble.request(name, params)
  if (!result.ok) throw new Failure(result.error)
  return result.value
}

export const on = <N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) =>
  window.thimble.on(name, listener)

export const pathOfFile = (file: File) => window.thimble.pathOfFile(file)
