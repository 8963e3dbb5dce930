// What the window can do about a failed job, beside trying it again.

import type { RunRequest } from '../../src-main/contract/run.ts'
import { request, type ErrorReport } from './api.ts'
import { t } from './messages.ts'

export interface Offer {
  /** what it does, and what it needs or costs */
  text: string
  label: string
  take: () => void
}

/** The question whether all of a board's flash may be erased, and the job to start after that. */
class Unprotecting {
  job = $state<RunRequest | null>(null)
  busy = $state(false)

  async eraseAll(boardId: string): Promise<void> {
    this.busy = true
    try {
      await request('boards.unprotect', { boardId })
    } finally {
      this.busy = false
      this.job = null
    }
  }
}

export const unprotecting = new Unprotecting()

/** `start` begins a job. Null where nothing but the hint helps. */
export function offerFor(error: ErrorReport, job: RunRequest, start: (job: RunRequest) => void): Offer | null {
  if (error.code === 'TARGET_UNREACHABLE' && !job.underReset) {
    const take = () => start({ ...job, underReset: true })
    return { text: t('failure.underReset.text'), label: t('failure.underReset.label'), take }
  }
  // write protection has the same code, and is another matter
  if (error.code === 'BOARD_PROTECTED' && error.context?.protection_level === 1) {
    const take = () => void (unprotecting.job = job)
    return { text: t('failure.unprotect.text'), label: t('failure.unprotect.label'), take }
  }
  return null
}
