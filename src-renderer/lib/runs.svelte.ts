// Past runs, newest first.

import type { BoardSummary, ModelSummary } from '../../src-main/contract/api.ts'
import type { RunSummary } from '../../src-main/contract/run.ts'
import { appInfo } from './app-info.svelte.ts'
import { on, request } from './api.ts'
import { failures } from './failures.svelte.ts'

/** The table shows this many; older ones stay in the store and are reached by the command line. */
const SHOWN = 1000

class Runs {
  all = $state<RunSummary[]>([])
  total = $state(0)
  /** deleted, as long as that can still be undone */
  hidden = $state<ReadonlySet<number>>(new Set())

  readonly shown = $derived(this.all.filter((run) => !this.hidden.has(run.id)))
  readonly count = $derived(this.total - this.hidden.size)

  async load(): Promise<void> {
    const { total, runs } = await request('runs.list', { limit: SHOWN, offset: 0 })
    this.total = total
    this.all = runs
  }

  follow(): void {
    on('runs.changed', () => void failures.guard(async () => void (await Promise.all([this.load(), appInfo.load()]))))
  }

  /** The newest finished run of a model on a board, whose figures stand for the pair until the next. */
  lastDone(model: ModelSummary, board: BoardSummary): RunSummary | null {
    const isOf = (run: RunSummary) =>
      model.task === null ? run.task === null && run.model === model.name : run.task === model.task
    return this.shown.find((run) => run.status === 'done' && run.board === board.id && isOf(run)) ?? null
  }

  hide(id: number): void {
    this.hidden = new Set([...this.hidden, id])
  }

  unhide(id: number): void {
    this.hidden = new Set([...this.hidden].filter((each) => each !== id))
  }

  async delete(id: number): Promise<void> {
    try {
      await request('runs.delete', { id })
      await this.load()
    } finally {
      this.unhide(id)
    }
  }
}

export const runs = new Runs()
