import { findRecipe } from '../../compress/recipe.ts'
import { quantizeGraph } from '../../compress/quantize.ts'
import { scoreWindows } from '../../data/anomaly-score.ts'
import type { AnomalyTask } from '../../data/anomaly-task.ts'
import { windowAt } from '../../data/windows.ts'
import { readTflite } from '../../formats/tflite/read-tflite.ts'
import { writeTflite } from '../../formats/tflite/write-tflite.ts'
import type { Graph } from '../../ir/graph.ts'
import { rocAuc } from '../../verify/metrics.ts'
import type { JobContext } from '../job-context.ts'

export interface CompressInput {
  /** float32 */
  graph: Graph
  task: AnomalyTask
  recipe: string
}

export interface Compressed {
  /** read back from the file: what is verified and flashed is what the file holds */
  graph: Graph
  file: Uint8Array
  aucInt8: number
}

/** Enough for the range of every activation to settle. */
const CALIBRATION_WINDOWS = 500

/** Float model -> int8 .tflite file. Throws RECIPE_UNKNOWN and what quantizeGraph throws. */
export async function compress({ graph, task, recipe: name }: CompressInput, ctx: JobContext): Promise<Compressed> {
  const recipe = findRecipe(name)
  const count = Math.min(task.calibration.count, CALIBRATION_WINDOWS)
  const samples = Array.from({ length: count }, (_, i) => [windowAt(task.calibration, i)])
  const file = writeTflite(await quantizeGraph(graph, samples, recipe, ctx))
  const read = readTflite(file, graph.name)
  ctx.fact('recipe', recipe.name)
  ctx.fact('calibration_windows', count)
  ctx.artifact('model-int8.tflite', file)
  ctx.metric('model_file_bytes', file.length, 'host')

  const scores = await scoreWindows(read, task.test, { ...ctx, progress: () => undefined })
  const aucInt8 = rocAuc(scores, task.test.labels)
  ctx.metric('auc_int8', aucInt8, 'host')
  return { graph: read, file, aucInt8 }
}
