import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../src-main/base/error-codes.ts'
import { AppError, fromDto, toAppError, toResult } from '../../src-main/base/errors.ts'

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
}

describe('error codes', () => {
  test('every hint is a sentence that a person can act on', () => {
    for (const [code, hint] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/)
      expect(hint.length, code).toBeGreaterThan(15)
      expect(hint, code).toMatch(/^[A-Z].*[.]$/s)
      expect(hint, code).not.toMatch(/oops|please|successfully|!/i)
    }
  })

  test('every code is used somewhere, so that the table holds no dead row', () => {
    const text = sources('src-main')
      .filter((file) => !file.endsWith('error-codes.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    const unused = Object.keys(ERROR_CODES).filter((code) => !text.includes(`'${code}'`))
    expect(unused).toEqual([])
  })
})

describe('AppError', () => {
  test('survives a boundary with its code, hint and context', () => {
    const error = new AppError('MODEL_TOO_LARGE', 'Too large by 12 bytes.', { context: { over_bytes: 12 } })
    const back = fromDto(structuredClone(error.toDto()))
    expect(back).toMatchObject({ code: 'MODEL_TOO_LARGE', message: 'Too large by 12 bytes.', hint: error.hint })
    expect(back.context).toEqual({ over_bytes: 12 })
  })

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['SQLITE_FULL', 'DISK_FULL'],
    ['ENOENT', 'FILE_NOT_FOUND'],
    ['EACCES', 'FILE_UNREADABLE'],
    ['EWHATEVER', 'INTERNAL'],
  ])('what the system calls %s is %s', (native, code) => {
    expect(toAppError(Object.assign(new Error('x'), { code: native })).code).toBe(code)
  })

  test('an aborted signal is a cancel, not a fault', async () => {
    const result = await toResult(() => AbortSignal.abort().throwIfAborted())
    expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } })
  })
})
