import { fork } from 'node:child_process'
import type { JobProcess } from './job-client.ts'

/** A job process of Node's own kind, for where there is no Electron to make a utility process. */
export function forkChildProcess(workerFile: string, env: NodeJS.ProcessEnv = process.env): JobProcess {
  const child = fork(workerFile, [], { serialization: 'advanced', env })
  return {
    post: (message) => {
      if (child.connected) child.send(message)
    },
    onMessage: (listener) => child.on('message', listener),
    onExit(listener) {
      child.once('exit', listener)
      child.once('error', () => listener(null)) // it could not even be started
    },
    kill: () => child.kill('SIGKILL'),
  }
}
