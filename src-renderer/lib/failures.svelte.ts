// The error that the dialog shows. One at a time: the first that happened is the one to understand.

import type { StageName } from '../../src-main/contract/run.ts'
import { Failure, type ErrorReport } from './api.ts'
import { t } from './messages.ts'
import type { Offer } from './offers.svelte.ts'

export interface ShownFailure {
  report: ErrorReport
  stage: StageName | null
  retry: (() => void) | null
  offer: Offer | null
}

class Failures {
  current = $state<ShownFailure | null>(null)

  show(report: ErrorReport, more: { stage?: StageName | null; retry?: () => void; offer?: Offer | null } = {}): void {
    this.current ??= { report, stage: more.stage ?? null, retry: more.retry ?? null, offer: more.offer ?? null }
  }

  /** What should not happen: a fault of the window itself. */
  showFault(thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const stack = thrown instanceof Error ? thrown.stack : undefined
    this.show({ code: 'INTERNAL', message, hint: t('failure.internalHint'), context: { stack } })
  }

  close(): void {
    this.current = null
  }

  /** Runs what a click started; what goes wrong is shown. */
  async guard(work: () => Promise<void>, retry?: () => void): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (thrown instanceof Failure) this.show(thrown.report, { retry })
      else this.showFault(thrown)
    }
  }
}

export const failures = new Failures()
