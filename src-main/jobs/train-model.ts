import { writeTflite } from '../formats/tflite/write-tflite.ts'
import { makeData } from './stages/data.ts'
import { train } from './stages/train.ts'
import { standaloneContext, writeOutput, type Standalone } from './standalone.ts'

export interface TrainRequest {
  task: 'ad'
  quick: boolean
  out: string
}

/** Trains a task's float model and writes it as a .tflite file. */
export async function trainModel({ task: id, quick, out }: TrainRequest, work: Standalone) {
  const task = await makeData(quick ? 'quick' : 'full', standaloneContext(work, 'data'))
  const { graph, ...figures } = await train(task, standaloneContext(work, 'train'))
  return {
    task: id,
    seed: work.seed,
    quick,
    provenance: 'host' as const,
    model: writeOutput(out, writeTflite(graph)),
    ...figures,
  }
}
