// What answers the window's requests, one row each.

import { dialog, nativeTheme, type BrowserWindow } from 'electron'
import type { Workspace } from '../jobs/workspace.ts'
import type { Handlers } from './dispatch.ts'
import type { SendEvent } from './ipc.ts'
import type { JobHost } from './job-host.ts'

export interface HandlerContext {
  workspace: Workspace
  jobs: JobHost
  window: () => BrowserWindow | null
  send: SendEvent
  version: string
  fallbackRuntime: boolean
  /** every job of this window is a quick one: for tests and demonstrations */
  quick: boolean
}

export function createHandlers({
  workspace,
  jobs,
  window,
  send,
  version,
  fallbackRuntime,
  quick,
}: HandlerContext): Handlers {
  const { store } = workspace
  return {
    'app.info': () => ({
      version,
      electron: process.versions.electron,
      platform: `${process.platform} ${process.arch}`,
      fallbackRuntime,
      quick,
      store_path: store.path,
      store_bytes: store.bytes(),
    }),
    'settings.get': () => store.settings.get(),
    'settings.set': (settings) => {
      nativeTheme.themeSource = settings.theme
      return store.settings.set(settings)
    },
    'models.list': () => workspace.models(),
    'models.pick': async () => {
      const owner = window()
      const options = {
        title: 'Open a model',
        properties: ['openFile' as const],
        filters: [{ name: 'TensorFlow Lite', extensions: ['tflite'] }],
      }
      const { canceled, filePaths } = owner
        ? await dialog.showOpenDialog(owner, options)
        : await dialog.showOpenDialog(options)
      return canceled || filePaths[0] === undefined ? null : workspace.addModel(filePaths[0])
    },
    'models.add': ({ file }) => workspace.addModel(file),
    'models.inspect': ({ file }) => workspace.inspect(file),
    'boards.list': () => workspace.boards(),
    'boards.unprotect': async ({ boardId }) => {
      await jobs.idle()
      return workspace.unprotect(boardId)
    },
    'jobs.start': (request) => jobs.start({ ...request, quick: request.quick || quick }),
    'jobs.cancel': ({ jobId }) => jobs.cancel(jobId),
    'jobs.agree': ({ jobId }) => jobs.agree(jobId),
    'jobs.current': () => jobs.current(),
    'runs.list': (page) => store.runs.list(page),
    'runs.show': ({ id }) => store.runs.show(id),
    'runs.delete': ({ id }) => {
      const deleted = store.runs.remove(id)
      send('runs.changed', {})
      return { deleted }
    },
  }
}
