// Two set-ups at once would undo each other's work: the second waits for the first.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CACHE } from './paths.mjs'
import { say } from './report.mjs'

/**
 * @template T
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(work, directory = CACHE) {
  mkdirSync(directory, { recursive: true })
  const file = path.join(directory, 'setup.lock')
  for (let told = false; !tryLock(file); await sleep(200)) {
    const owner = readOwner(file)
    if (owner === null || !isAlive(owner)) {
      // Left behind by a set-up that was killed.
      rmSync(file, { force: true })
    } else if (!told) {
      say(`Another set-up is running (process ${owner}); waiting for it…`)
      told = true
    }
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readOwner(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
