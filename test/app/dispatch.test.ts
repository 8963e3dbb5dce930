import { describe, expect, it } from 'vitest'
import { createDispatch, type Handlers } from '../../src-main/app/dispatch.ts'
import { AppError } from '../../src-main/base/errors.ts'
import { REQUESTS } from '../../src-main/contract/api.ts'

/** A table in which every row but those given fails loudly. */
function handlersWith(rows: Partial<Handlers>): Handlers {
  const others = Object.keys(REQUESTS).map((name) => [
    name,
    () => {
      throw new Error(`${name} was called`)
    },
  ])
  return { ...(Object.fromEntries(others) as Handlers), ...rows }
}

describe('dispatch', () => {
  it('fills in defaults on the way in and drops what the contract does not name on the way out', async () => {
    const seen: unknown[] = []
    const dispatch = createDispatch(
      handlersWith({
        'jobs.start': (request) => {
          seen.push(request)
          return { jobId: 'job-1', secret: 'stays here' } as { jobId: string }
        },
      }),
    )
    expect(await dispatch('jobs.start', { task: 'ad', boardId: 'virtual:stm32f407' })).toEqual({
      ok: true,
      value: { jobId: 'job-1' },
    })
    const asked = { task: 'ad', boardId: 'virtual:stm32f407' }
    const defaults = { recipe: 'ptq', seed: 1, quick: false, underReset: false, overwriteForeign: false }
    expect(seen).toEqual([{ ...asked, ...defaults }])
  })

  it('refuses names that are no rows of the table, inherited ones too', async () => {
    const dispatch = createDispatch(handlersWith({}))
    for (const name of ['constructor', '__proto__', 'toString', 'app.Info', '', undefined, 7]) {
      expect(await dispatch(name, {})).toMatchObject({ ok: false, error: { code: 'INTERNAL' } })
    }
  })

  it('refuses wrong parameters before the handler sees them', async () => {
    const dispatch = createDispatch(handlersWith({}))
    const result = await dispatch('runs.show', { id: 'one' })
    expect(result).toMatchObject({ ok: false, error: { code: 'INTERNAL' } })
    expect(JSON.stringify(result)).toContain('id')
  })

  it('refuses an answer that breaks the contract', async () => {
    const dispatch = createDispatch(
      handlersWith({ 'jobs.cancel': () => ({ accepted: 'yes' }) as unknown as { accepted: boolean } }),
    )
    expect(await dispatch('jobs.cancel', { jobId: 'job-1' })).toMatchObject({ ok: false, error: { code: 'INTERNAL' } })
  })

  it('keeps the code and hint of what a handler throws', async () => {
    const dispatch = createDispatch(
      handlersWith({ 'runs.show': () => Promise.reject(new AppError('RUN_UNKNOWN', 'There is no run 4.')) }),
    )
    expect(await dispatch('runs.show', { id: 4 })).toMatchObject({
      ok: false,
      error: {
        code: 'RUN_UNKNOWN',
        message: 'There is no run 4.',
        hint: expect.stringContaining('runs list') as string,
      },
    })
  })
})
