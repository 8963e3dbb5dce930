// A job's process as Electron starts it: a utility process, which has Node and no window.

import { utilityProcess } from 'electron'
import type { JobProcess } from '../jobs/job-client.ts'
import { workerFiles } from './paths.ts'

export function forkJobProcess(): JobProcess {
  const child = utilityProcess.fork(workerFiles.job, [], { serviceName: 'Thimble job' })
  return {
    post: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.once('exit', listener),
    kill: () => void child.kill(),
  }
}
