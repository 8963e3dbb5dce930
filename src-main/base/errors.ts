import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

export type ErrorContext = Record<string, unknown>

/** What crosses a process, an IPC channel or the command line. */
export interface ErrorDto {
  code: ErrorCode
  message: string
  hint: string
  context?: ErrorContext
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: ErrorDto }

/** The one error type. `message` says what happened and why, `hint` what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, more: { hint?: string; context?: ErrorContext; cause?: unknown } = {}) {
    super(message, { cause: more.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = more.hint ?? ERROR_CODES[code]
    this.context = more.context ?? {}
  }

  toDto(): ErrorDto {
    return { code: this.code, message: this.message, hint: this.hint, context: this.context }
  }
}

const NODE_CODES: Record<string, ErrorCode> = {
  ENOSPC: 'DISK_FULL',
  SQLITE_FULL: 'DISK_FULL',
  ENOENT: 'FILE_NOT_FOUND',
  EACCES: 'FILE_UNREADABLE',
  EISDIR: 'FILE_UNREADABLE',
}

/** Anything thrown becomes an AppError; what Node and SQLite say by code keeps its meaning. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof Error) {
    if (thrown.name === 'AbortError') return new AppError('CANCELLED', 'Cancelled.', { cause: thrown })
    const native = (thrown as NodeJS.ErrnoException).code
    const code = native !== undefined ? NODE_CODES[native] : undefined
    return new AppError(code ?? 'INTERNAL', thrown.message, { cause: thrown, context: { stack: thrown.stack } })
  }
  return new AppError('INTERNAL', String(thrown))
}

export function fromDto(dto: ErrorDto): AppError {
  return new AppError(dto.code, dto.message, { hint: dto.hint, context: dto.context })
}

/** The boundary's envelope around a call. */
export async function toResult<T>(work: () => Promise<T> | T): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (thrown) {
    return { ok: false, error: toAppError(thrown).toDto() }
  }
}

/** Throws CANCELLED when the signal has fired: call it between steps. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('CANCELLED', 'Cancelled.')
}

export function assertNever(value: never): never {
  throw new AppError('INTERNAL', `Unhandled case: ${JSON.stringify(value)}`)
}
