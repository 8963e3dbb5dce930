import type { Inspection } from '../contract/api.ts'
import { inspect } from '../ir/inspect.ts'
import { readModelFile } from './read-model-file.ts'

/** What is in a model file. Throws what readModelFile throws. */
export function inspectModel(file: string): Inspection {
  const { format, graph } = readModelFile(file)
  return inspect(graph, format)
}
