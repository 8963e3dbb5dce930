// A job process talks to its parent through whatever it was started with.

import { AppError } from '../base/errors.ts'
import type { JobEvent } from '../contract/run.ts'
import type { ToJobWorker } from './job-messages.ts'

export interface JobPort {
  post(event: JobEvent): void
  onMessage(listener: (message: ToJobWorker) => void): void
  /** Lets the process end once everything posted is on its way. */
  close(): void
}

/** What Electron puts on `process` in a utility process. */
interface UtilityParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

/** Electron does not say when a message has left; this is long after it has. */
const UTILITY_FLUSH_MS = 250

export function openJobPort(): JobPort {
  const utility = (process as { parentPort?: UtilityParentPort }).parentPort
  if (utility !== undefined) {
    return {
      post: (event) => utility.postMessage(event),
      onMessage: (listener) => utility.on('message', ({ data }) => listener(data as ToJobWorker)),
      close: () => void setTimeout(() => process.exit(0), UTILITY_FLUSH_MS),
    }
  }
  if (process.send === undefined) throw new AppError('INTERNAL', 'The job worker was not started by Thimble.')
  let onTheirWay = 0
  let closing = false
  const disconnectWhenSent = () => {
    if (closing && onTheirWay === 0 && process.connected) process.disconnect()
  }
  return {
    post(event) {
      if (!process.connected) return
      onTheirWay++
      process.send!(event, undefined, undefined, () => {
        onTheirWay--
        disconnectWhenSent()
      })
    },
    onMessage(listener) {
      process.on('message', (message) => listener(message as ToJobWorker))
      // the parent is gone: nobody is left to see the result
      process.on('disconnect', () => {
        if (!closing) listener({ type: 'cancel' })
      })
    },
    close() {
      closing = true
      disconnectWhenSent()
    },
  }
}
