// Options that several commands take, and what they turn into.

import { z } from 'zod'
import type { BoardPlace } from '../jobs/flashed-model.ts'
import type { FlashConsent } from '../jobs/stages/flash.ts'
import { backupFolder as backupsIn, keyFolder } from '../jobs/store-path.ts'
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

export const flashFlags: readonly Flag[] = [
  { name: 'yes', text: 'erase flash that Thimble has not written, after it was read back to a file' },
  {
    name: 'under-reset',
    text: 'connect while the chip is held in reset: for programs that sleep or reuse the SWD pins',
  },
]

export const flashOptions = { yes: flagOn, 'under-reset': flagOn }

export const plainFlag: Flag = {
  name: 'plain',
  text: "the firmware's C kernels instead of machine code made for the model",
}

export const boardPlaceFlags: readonly Flag[] = [...flashFlags, plainFlag]
export const boardPlaceOptions = { ...flashOptions, plain: flagOn }

interface FlashChoice {
  board: string
  yes: boolean
  'under-reset': boolean
}

const flashConsent = ({ yes }: FlashChoice, { storePath }: CommandIo): FlashConsent => ({
  backupFolder: backupsIn(storePath),
  overwriteForeign: yes,
})

export const boardPlace = (choice: FlashChoice & { plain: boolean }, io: CommandIo): BoardPlace => ({
  boardId: choice.board,
  underReset: choice['under-reset'],
  consent: flashConsent(choice, io),
  assetsDir: io.terminal.assetsDir,
  workers: io.terminal.workers,
  kernels: choice.plain ? 'plain' : 'generated',
  keyFolder: keyFolder(io.storePath),
})

export const standalone = ({ signal, log, progress }: CommandIo, seed = 1): Standalone => ({
  signal,
  log,
  progress,
  seed,
})
