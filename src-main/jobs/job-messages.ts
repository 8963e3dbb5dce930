// What goes between the process that starts a job and the process that does it. Back come JobEvents, as they are.

import type { RunRequest } from '../contract/run.ts'

/** Where the bundles of the threads lie that a job starts. Without one the work is done in the same thread. */
export interface WorkerFiles {
  emulator?: string
}

export interface JobSettings {
  request: RunRequest
  storePath: string
  /** holds the built firmware images */
  assetsDir: string
  workers: WorkerFiles
  /** a file with what the flash of virtual boards holds at power-on; without one it is erased */
  virtualFlash?: string | undefined
}

export type ToJobWorker = ({ type: 'start' } & JobSettings) | { type: 'cancel' } | { type: 'agree' }
