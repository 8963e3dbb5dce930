// What the window and the commands on past runs work with: one open store and the questions asked of it.

import { basename } from 'node:path'
import type { BoardSummary, Inspection, ModelSummary } from '../contract/api.ts'
import type { JobEvent, RunRequest } from '../contract/run.ts'
import type { UnprotectReport } from '../device/unprotect.ts'
import type { RecentModel } from '../store/models.ts'
import type { SessionKind } from '../store/sessions.ts'
import { openStore, type Store } from '../store/store.ts'
import { unprotectBoard } from './board-care.ts'
import { listBoards } from './boards.ts'
import { inspectModel } from './inspect-model.ts'
import { startJob, type Job, type JobProcess } from './job-client.ts'
import type { WorkerFiles } from './job-messages.ts'
import { readModelFile } from './read-model-file.ts'

export interface Workspace {
  store: Store
  boards(): Promise<BoardSummary[]>
  /** Erases all of a board's flash, which takes its read-out protection off. Throws what unprotectBoard throws. */
  unprotect(boardId: string): Promise<UnprotectReport>
  /** the built-in tasks, then the files used before */
  models(): ModelSummary[]
  /** Reads a file, so that one which can't be used is refused at once, and remembers it. */
  addModel(file: string): ModelSummary
  inspect(file: string): Inspection
  /** Starts a job in a process of its own. */
  startJob(request: RunRequest, fork: () => JobProcess, onEvent: (event: JobEvent) => void): Job
  close(): void
}

export interface WorkspaceOptions {
  storePath: string
  kind: SessionKind
  /** holds the built firmware images */
  assetsDir: string
  workers: WorkerFiles
  /** for the jobs (JobSettings) */
  virtualFlash?: string | undefined
}

const BUILT_IN: readonly ModelSummary[] = [
  {
    id: 'task:ad',
    name: 'ad-autoencoder',
    task: 'ad',
    file: null,
    file_bytes: null,
    dtype: 'int8',
    description_key: 'task.ad.description',
  },
]

/** Throws what openStore throws. */
export function openWorkspace({ storePath, kind, ...forJobs }: WorkspaceOptions): Workspace {
  const store = openStore({ path: storePath, kind })
  return {
    store,
    boards: listBoards,
    // Half erased is no state to leave a chip in: nothing stops it.
    unprotect: (boardId) =>
      unprotectBoard(
        { boardId, workers: forJobs.workers },
        { signal: new AbortController().signal, progress: () => () => undefined, log: () => undefined },
      ),
    models: () => [...BUILT_IN, ...store.models.recent().map(toModelSummary)],
    addModel(file) {
      const { graph, bytes } = readModelFile(file)
      const model = {
        file,
        name: basename(file),
        file_bytes: bytes.length,
        dtype: graph.tensors[graph.inputs[0]!]!.dtype,
      }
      store.models.remember(model)
      return toModelSummary(model)
    },
    inspect: inspectModel,
    startJob: (request, fork, onEvent) => startJob({ request, storePath, ...forJobs }, { fork, store, onEvent }),
    close: () => store.close(),
  }
}

const toModelSummary = ({ file, name, file_bytes, dtype }: Omit<RecentModel, 'last_used_at'>): ModelSummary => ({
  id: file,
  name,
  task: null,
  file,
  file_bytes,
  dtype,
  description_key: null,
})
