import { AppError } from '../base/errors.ts'
import type { Graph } from '../ir/graph.ts'
import { isTflite, readTflite } from './tflite/read-tflite.ts'

export interface Model {
  format: 'tflite'
  graph: Graph
}

/**
 * Reads a model file by what is in it, not by its name; `fileName` names the graph and decides what a damaged header
 * was meant to be. Throws MODEL_FORMAT_UNKNOWN and what the format's reader throws.
 */
export function readModel(bytes: Uint8Array, fileName: string): Model {
  const name = fileName.replace(/^.*[\\/]/, '')
  if (isTflite(bytes) || name.toLowerCase().endsWith('.tflite'))
    return { format: 'tflite', graph: readTflite(bytes, name.replace(/\.tflite$/i, '')) }
  throw new AppError('MODEL_FORMAT_UNKNOWN', `${name} is not a model file that Thimble knows.`)
}
