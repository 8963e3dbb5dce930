import { AppError, toAppError } from '../base/errors.ts'
import type { ErrorCode } from '../base/error-codes.ts'

/**
 * SQLite's result codes and the system's, by prefix. SHMSIZE: the shared-memory file of the WAL could not grow.
 * What is not here keeps the meaning that base/errors.ts gives it.
 */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['SQLITE_FULL', 'DISK_FULL'],
  ['SQLITE_IOERR_SHMSIZE', 'DISK_FULL'],
  ['SQLITE_CORRUPT', 'STORE_CORRUPT'],
  ['SQLITE_NOTADB', 'STORE_CORRUPT'],
  ['SQLITE_CANTOPEN', 'FILE_UNREADABLE'],
  ['SQLITE_READONLY', 'FILE_UNREADABLE'],
  ['EDQUOT', 'DISK_FULL'],
  ['ENOTDIR', 'FILE_UNREADABLE'],
  ['EEXIST', 'FILE_UNREADABLE'],
  ['EROFS', 'FILE_UNREADABLE'],
  ['EPERM', 'FILE_UNREADABLE'],
]

export const nativeCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

export function toStoreError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const native = nativeCode(thrown)
  const row = CODES.find(([prefix]) => native.startsWith(prefix))
  if (row === undefined) return toAppError(thrown)
  return new AppError(row[1], `The storage folder can't be used: ${(thrown as Error).message}.`, {
    cause: thrown,
    context: { native },
  })
}

type Methods = Record<string, (...args: never[]) => unknown>

/** The same methods, with what SQLite throws turned into AppErrors. */
export function withStoreErrors<T extends object>(methods: T): T {
  const wrapped: Methods = {}
  for (const [name, method] of Object.entries(methods as Methods)) {
    wrapped[name] = (...args) => {
      try {
        return method(...args)
      } catch (thrown) {
        throw toStoreError(thrown)
      }
    }
  }
  return wrapped as T
}
