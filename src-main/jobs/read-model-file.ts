import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '../base/errors.ts'
import { readModel } from '../formats/read-model.ts'
import type { Graph } from '../ir/graph.ts'

export interface ModelFile {
  file: string
  bytes: Uint8Array
  format: string
  graph: Graph
}

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE and what readModel throws. */
export function readModelFile(file: string): ModelFile {
  const bytes = readFile(file, 'model')
  return { file, bytes, ...readModel(bytes, basename(file)) }
}

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, naming `what` it was to be. */
export function readFile(file: string, what: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    const message = missing ? `There is no ${what} file ${file}.` : `The ${what} file ${file} can't be read.`
    throw new AppError(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', message, { cause: thrown })
  }
}
