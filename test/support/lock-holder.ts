import { spawn } from 'node:child_process'
import { once } from 'node:events'

const PROGRAM = `
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(fd, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()
`

/** Another program that has a port open and locked, as terminals do (flock(2)). */
export async function holdLock(path: string): Promise<{ pid: number; release(): Promise<void> }> {
  const child = spawn('python3', ['-c', PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    pid: child.pid!,
    async release() {
      const gone = once(child, 'exit')
      child.stdin.end()
      await gone
    },
  }
}
