// Options that several commands take, and what they turn into.

import { z } from 'zod'
import type { BoardPlace } from '../jobs/flashed-model.ts'
import type { Standalone } from '../jobs/standalone.ts'
import { flagOn, wholeNumber, type CommandIo, type Flag } from './command.ts'

export const DEFAULT_BOARD = 'virtual:stm32f407'

export const boardFlag: Flag = { name: 'board', value: '<id>', text: 'one of those that thimble boards lists' }
export const taskFlag: Flag = { name: 'task', value: '<task>', text: 'a built-in task: ad, anomalies in machine sound' }
export const seedFlag: Flag = { name: 'seed', value: '<n>', text: 'the same seed gives the same numbers (1)' }
export const quickFlag: Flag = { name: 'quick', text: 'fewer recordings and epochs: for a first look' }
export const outFlag: Flag = { name: 'out', value: '<file>', text: 'the .tflite file to write' }

export const task = z.literal('ad', 'has to be ad: the only built-in task so far')
export const seed = wholeNumber.default(1)
export const quick = flagOn

export const boardPlace = (boardId: string, { terminal }: CommandIo): BoardPlace => ({
  boardId,
  assetsDir: terminal.assetsDir,
  workers: terminal.workers,
})

export const standalone = ({ signal, log, progress }: CommandIo, seed = 1): Standalone => ({
  signal,
  log,
  progress,
  seed,
})
