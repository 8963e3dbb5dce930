// The app's start, top to bottom.

import { app, nativeTheme, session, type BrowserWindow } from 'electron'
import { toAppError } from '../base/errors.ts'
import { storePath } from '../jobs/store-path.ts'
import { watchBoards } from '../jobs/watch-boards.ts'
import { openWorkspace, type Workspace } from '../jobs/workspace.ts'
import { createDispatch } from './dispatch.ts'
import { createHandlers } from './handlers.ts'
import { createEventSender, serveRequests } from './ipc.ts'
import { createJobHost, type JobHost } from './job-host.ts'
import { forkJobProcess } from './job-process.ts'
import { installMenu } from './menu.ts'
import { applyUserDataOverride, assetsDir, rendererDir, workerFiles } from './paths.ts'
import { registerScheme, serveRenderer } from './protocol.ts'
import { hardenContents, hardenSession } from './security.ts'
import type { TrustedOrigins } from './trusted-address.ts'
import { createFailureWindow, createMainWindow } from './windows.ts'

/** Set by the dev server of `npm start` alone: a build has no address to load but its own. */
declare const MAIN_WINDOW_VITE_DEV_SERVER_URL: string | undefined
const developmentAddress =
  typeof MAIN_WINDOW_VITE_DEV_SERVER_URL === 'string' && MAIN_WINDOW_VITE_DEV_SERVER_URL !== ''
    ? MAIN_WINDOW_VITE_DEV_SERVER_URL
    : null
const origins: TrustedOrigins = {
  development: developmentAddress === null ? null : new URL(developmentAddress).origin,
}

/** The fallback runtime of machines that can't reach Electron's own download; never shipped. */
const FALLBACK_ELECTRON_MAJOR = '33'
const fallbackRuntime =
  process.env.THIMBLE_FALLBACK === '1' || process.versions.electron.split('.')[0] === FALLBACK_ELECTRON_MAJOR

let window: BrowserWindow | null = null
let jobs: JobHost | null = null
let workspace: Workspace | null = null
const ending = new AbortController()

// as root the sandbox can't start; --no-sandbox says so, and both together kill every child process
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
applyUserDataOverride()
registerScheme()
hardenContents(origins)

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  void app.whenReady().then(start)
} else {
  app.quit()
}

function start(): void {
  hardenSession()
  serveRenderer(session.defaultSession, rendererDir)
  installMenu()
  try {
    workspace = openWorkspace({
      storePath: storePath(undefined),
      kind: 'window',
      assetsDir,
      workers: { emulator: workerFiles.emulator },
      virtualFlash: process.env.THIMBLE_VIRTUAL_FLASH,
    })
  } catch (thrown) {
    const failure = toAppError(thrown).toDto()
    process.stderr.write(`${failure.code}: ${failure.message}\n${failure.hint}\n`)
    createFailureWindow(failure, developmentAddress)
    app.on('window-all-closed', () => app.exit(1))
    return
  }

  app.on('window-all-closed', () => app.quit())
  nativeTheme.themeSource = workspace.store.settings.get().theme

  const send = createEventSender(() => window)
  jobs = createJobHost({
    workspace,
    fork: forkJobProcess,
    now: Date.now,
    onEvent: (jobId, timed) => {
      send('job.event', { jobId, ...timed })
      const { type } = timed.event
      if (type === 'started' || type === 'finished' || type === 'failed') send('runs.changed', {})
    },
  })
  const handlers = createHandlers({
    workspace,
    jobs,
    window: () => window,
    send,
    version: app.getVersion(),
    fallbackRuntime,
    quick: process.env.THIMBLE_QUICK === '1',
  })
  serveRequests(createDispatch(handlers), origins)

  void watchBoards({
    signal: ending.signal,
    onChange: (_, boards) => send('boards.changed', { boards: [...boards] }),
  }).catch((thrown: unknown) => process.stderr.write(`${toAppError(thrown).message}\n`))

  window = createMainWindow(developmentAddress)
  window.on('closed', () => {
    window = null
  })
}

// a job that runs is cancelled and ends properly before the app does
let closing = false
app.on('will-quit', (event) => {
  if (closing || workspace === null) return
  closing = true
  ending.abort()
  event.preventDefault()
  void (jobs?.close() ?? Promise.resolve()).finally(() => {
    workspace?.close()
    app.exit(0)
  })
})
