// Linux: which other process has a device file open. /proc/PID/fd is described in proc_pid_fd(5).

import { readdir, readFile, readlink } from 'node:fs/promises'

export interface FileHolder {
  pid: number
  name: string
}

async function openFiles(pid: string): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`
  const descriptors = await readdir(folder).catch(() => []) // it ended, or it is another user's
  return new Set(await Promise.all(descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => ''))))
}

/**
 * For each absolute, resolved path that another process has open, the first such process. Processes of other users
 * can't be looked into, so a path that is absent from the result may still be held. Empty where there is no /proc.
 */
export async function findFileHolders(files: readonly string[]): Promise<Map<string, FileHolder>> {
  const holders = new Map<string, FileHolder>()
  if (files.length === 0 || process.platform !== 'linux') return holders
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue
    const opened = await openFiles(pid)
    for (const file of files) {
      if (holders.has(file) || !opened.has(file)) continue
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
      holders.set(file, { pid: Number(pid), name: name.trim() })
    }
  }
  return holders
}
