// The entry of a job process: one job, its events to the parent, then the end.

import { readFileSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { toAppError } from '../base/errors.ts'
import { openStore } from '../store/store.ts'
import { openBoard } from './boards.ts'
import type { JobSettings } from './job-messages.ts'
import { openJobPort } from './job-port.ts'
import { runPipeline } from './pipeline.ts'
import { backupFolder, keyFolder } from './store-path.ts'

const port = openJobPort()
const cancellation = new AbortController()
let agree = () => undefined as void

port.onMessage((message) => {
  if (message.type === 'cancel') cancellation.abort()
  else if (message.type === 'agree') agree()
  else void work(message).finally(() => port.close())
})

async function work({ request, storePath, assetsDir, workers, virtualFlash }: JobSettings): Promise<void> {
  let store
  try {
    store = openStore({ path: storePath, kind: 'job' })
  } catch (thrown) {
    port.post({ type: 'failed', stage: null, error: toAppError(thrown).toDto(), status: 'failed' })
    return
  }
  try {
    await runPipeline(request, {
      store,
      assetsDir,
      openBoard: (id, { underReset }) =>
        openBoard(id, workers, { underReset }, virtualFlash === undefined ? undefined : readFileSync(virtualFlash)),
      agreement: () => new Promise((resolve) => (agree = resolve)),
      backupFolder: backupFolder(storePath),
      keyFolder: keyFolder(storePath),
      emit: (event) => port.post(event),
      signal: cancellation.signal,
      clock: systemClock,
    })
  } catch {
    // the pipeline has said and stored what went wrong
  } finally {
    store.close()
  }
}
