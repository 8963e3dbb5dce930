// What is on the bench: the models and boards there are, and the pair that is picked. A pick never changes by itself.

import type { BoardSummary, Inspection, ModelSummary } from '../../src-main/contract/api.ts'
import { announcer } from './announcer.svelte.ts'
import { on, pathOfFile, request } from './api.ts'
import { t } from './messages.ts'

class Bench {
  models = $state<ModelSummary[]>([])
  boards = $state<BoardSummary[]>([])
  modelId = $state<string | null>(null)
  boardId = $state<string | null>(null)
  /** the board that is picked, once it is pulled out: its row stays */
  unplugged = $state<BoardSummary | null>(null)
  /** by model file */
  inspections = $state<Record<string, Inspection>>({})

  readonly model = $derived(this.models.find((model) => model.id === this.modelId) ?? null)
  private told = false

  readonly board = $derived(this.boards.find((board) => board.id === this.boardId) ?? null)

  async load(): Promise<void> {
    const [models, boards] = await Promise.all([request('models.list', {}), request('boards.list', {})])
    this.models = models
    // what was pushed meanwhile is newer than this answer
    if (!this.told) this.boards = boards
    this.modelId ??= this.models[0]?.id ?? null
    this.boardId ??= this.boards.find((board) => board.state === 'ready')?.id ?? null
  }

  /** A board that is not plugged in any more keeps its id. */
  boardName(id: string): string {
    return [...this.boards, this.unplugged].find((board) => board?.id === id)?.name ?? id
  }

  /** Boards come and go while the window is open. */
  follow(): void {
    on('boards.changed', ({ boards }) => {
      this.tell(boards)
      if (this.board !== null) this.unplugged = this.board
      if (boards.some((board) => board.id === this.unplugged?.id)) this.unplugged = null
      this.boards = boards
      this.told = true
    })
  }

  pickBoard(id: string): void {
    this.boardId = id
    this.unplugged = null
  }

  private tell(now: readonly BoardSummary[]): void {
    if (this.boards.length === 0) return // the first look: nothing has come or gone
    const others = (all: readonly BoardSummary[], but: readonly BoardSummary[]) =>
      all.filter((board) => !but.some(({ id }) => id === board.id))
    for (const { name } of others(this.boards, now)) announcer.say(t('bench.disconnected', { board: name }))
    for (const { name } of others(now, this.boards)) announcer.say(t('bench.connected', { board: name }))
  }

  async pick(): Promise<void> {
    const model = await request('models.pick', {})
    if (model) await this.use(model)
  }

  async addDropped(file: File): Promise<void> {
    await this.use(await request('models.add', { file: pathOfFile(file) }))
  }

  async inspect(file: string): Promise<void> {
    this.inspections[file] ??= await request('models.inspect', { file })
  }

  private async use(model: ModelSummary): Promise<void> {
    if (model.file !== null) await this.inspect(model.file)
    this.models = [...this.models.filter((each) => each.id !== model.id), model]
    this.modelId = model.id
  }
}

export const bench = new Bench()
