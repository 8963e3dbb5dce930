// Linux: which other process has a device file open. /proc/PID/fd is described in proc_pid_fd(5).

import { readdir, readFile, readlink, stat } from 'node:fs/promises'

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

/** /proc/locks (proc_locks(5)): the process that locked a file, as MAJOR:MINOR:INODE with the device in hexadecimal. */
const LOCK = /FLOCK\s+ADVISORY\s+WRITE (\d+) ([0-9a-f]+:[0-9a-f]+:\d+) /

/** The process that has this file locked (flock(2)), this one included. Undefined where there is no /proc. */
export async function findLockHolder(file: string): Promise<FileHolder | undefined> {
  if (process.platform !== 'linux') return undefined
  const { dev, ino } = await stat(file)
  const hex = (n: number) => n.toString(16).padStart(2, '0')
  // makedev(3): the minor's low 8 bits, 12 bits of major, the rest of the minor.
  const major = (dev >>> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00)
  const wanted = `${hex(major)}:${hex(minor)}:${ino}`
  for (const line of (await readFile('/proc/locks', 'utf8').catch(() => '')).split('\n')) {
    const [, pid, node] = LOCK.exec(line) ?? []
    if (node !== wanted) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'another program')
    return { pid: Number(pid), name: name.trim() }
  }
  return undefined
}
