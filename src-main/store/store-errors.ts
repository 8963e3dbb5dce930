import { AppError, toAppError } from '../base/errors.ts'
import type { ErrorCode } from '../base/error-codes.ts'

/** SQLite's result codes by prefix, first match wins. SHMSIZE: the shared-memory file of the WAL could not grow. */
const SQLITE_CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['SQLITE_FULL', 'DISK_FULL'],
  ['SQLITE_IOERR_SHMSIZE', 'DISK_FULL'],
  ['SQLITE_CORRUPT', 'STORE_CORRUPT'],
  ['SQLITE_NOTADB', 'STORE_CORRUPT'],
  ['SQLITE_CANTOPEN', 'FILE_UNREADABLE'],
  ['SQLITE_READONLY', 'FILE_UNREADABLE'],
]

export const sqliteCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

export function toStoreError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const native = sqliteCode(thrown)
  const row = SQLITE_CODES.find(([prefix]) => native.startsWith(prefix))
  if (row === undefined) return toAppError(thrown)
  return new AppError(row[1], `The database: ${(thrown as Error).message}.`, { cause: thrown, context: { native } })
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
