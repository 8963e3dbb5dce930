// One table of handlers from the contract's rows. Every request and every reply is checked; every reply is a Result.

import { AppError, toResult, type Result } from '../base/errors.ts'
import { REQUESTS, type RequestName, type RequestResult } from '../contract/api.ts'
import type { z } from 'zod'

export type Handlers = {
  [N in RequestName]: (params: z.output<(typeof REQUESTS)[N]['params']>) => RequestResult<N> | Promise<RequestResult<N>>
}

const isRequestName = (name: unknown): name is RequestName => typeof name === 'string' && Object.hasOwn(REQUESTS, name)

const complaints = (error: z.ZodError) =>
  error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; ')

export type Dispatch = (name: unknown, params: unknown) => Promise<Result<unknown>>

export function createDispatch(handlers: Handlers): Dispatch {
  return (name, params) =>
    toResult(async () => {
      if (!isRequestName(name)) throw new AppError('INTERNAL', `There is no request ${String(name)}.`)
      const row = REQUESTS[name]
      const asked = row.params.safeParse(params)
      if (!asked.success) {
        throw new AppError('INTERNAL', `${name} was asked wrongly: ${complaints(asked.error)}.`)
      }
      // the table's types pair each name with its own parameters; a lookup by a union of names loses that
      const handler = handlers[name] as (params: unknown) => unknown
      const answered = row.result.safeParse(await handler(asked.data))
      if (!answered.success) {
        throw new AppError('INTERNAL', `${name} answered wrongly: ${complaints(answered.error)}.`)
      }
      return answered.data
    })
}
