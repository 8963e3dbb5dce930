// What is on the bench: the models and boards there are, and the pair that is picked. A pick never changes by itself.

import type { BoardSummary, Inspection, ModelSummary } from '../../src-main/contract/api.ts'
import { pathOfFile, request } from './api.ts'

class Bench {
  models = $state<ModelSummary[]>([])
  boards = $state<BoardSummary[]>([])
  modelId = $state<string | null>(null)
  boardId = $state<string | null>(null)
  /** by model file */
  inspections = $state<Record<string, Inspection>>({})

  readonly model = $derived(this.models.find((model) => model.id === this.modelId) ?? null)
  readonly board = $derived(this.boards.find((board) => board.id === this.boardId) ?? null)

  async load(): Promise<void> {
    ;[this.models, this.boards] = await Promise.all([request('models.list', {}), request('boards.list', {})])
    this.modelId ??= this.models[0]?.id ?? null
    this.boardId ??= this.boards.find((board) => board.state === 'ready')?.id ?? null
  }

  /** A board that is not plugged in any more keeps its id. */
  boardName(id: string): string {
    return this.boards.find((board) => board.id === id)?.name ?? id
  }

  async refreshBoards(): Promise<void> {
    this.boards = await request('boards.list', {})
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
