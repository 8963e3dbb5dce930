import { AppError } from '../base/errors.ts'
import { findRecipe } from '../compress/recipe.ts'
import { scoreWindows } from '../data/anomaly-score.ts'
import { WINDOW_FEATURES } from '../data/windows.ts'
import { elementCount } from '../ir/graph.ts'
import { rocAuc } from '../verify/metrics.ts'
import { boardDataOf } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import { inputsOf, outputsOf } from './model-io.ts'
import { planReport } from './plan-report.ts'
import { readModelFile } from './read-model-file.ts'
import { compress } from './stages/compress.ts'
import { makeData } from './stages/data.ts'
import { planFor } from './stages/plan.ts'
import { standaloneContext, writeOutput, type Standalone } from './standalone.ts'

export interface CompressRequest {
  file: string
  recipe: string
  /** whose data calibrate and score the model */
  task: 'ad'
  quick: boolean
  out: string
  /** planned for when given */
  boardId: string | undefined
  assetsDir: string
}

/** A float model becomes an int8 .tflite file. Throws RECIPE_UNKNOWN, MODEL_DTYPE_UNSUPPORTED, and DATA_INVALID when the model does not take the task's windows. */
export async function compressModel(request: CompressRequest, work: Standalone) {
  const { file, recipe, quick, out, boardId, assetsDir } = request
  const board = boardId === undefined ? undefined : await boardDataOf(boardId)
  findRecipe(recipe)
  const { graph, bytes } = readModelFile(file)
  if (inputsOf(graph).some(({ dtype }) => dtype !== 'float32')) {
    throw new AppError('MODEL_DTYPE_UNSUPPORTED', `${file} is quantized already.`, {
      hint: 'Give the float32 model that it was made of, or use this one as it is.',
    })
  }
  const sizes = [inputsOf(graph), outputsOf(graph)].map((tensors) => tensors.map(({ shape }) => elementCount(shape)))
  if (sizes.some((edge) => edge.length !== 1 || edge[0] !== WINDOW_FEATURES)) {
    throw new AppError(
      'DATA_INVALID',
      `Task ${request.task} has windows of ${WINDOW_FEATURES} values and wants as many back; ${graph.name} has ` +
        `${sizes[0]!.join(' + ')} in and ${sizes[1]!.join(' + ')} out.`,
    )
  }
  const task = await makeData(quick ? 'quick' : 'full', standaloneContext(work, 'data'))
  const ctx = standaloneContext(work, 'compress')
  const compressed = await compress({ graph, task, recipe }, ctx)
  const aucFloat = rocAuc(await scoreWindows(graph, task.test, ctx), task.test.labels)
  return {
    recipe,
    task: request.task,
    seed: work.seed,
    quick,
    provenance: 'host' as const,
    before: { file, bytes: bytes.length },
    model: writeOutput(out, compressed.file),
    aucFloat,
    aucInt8: compressed.aucInt8,
    plan:
      board &&
      planReport(
        planFor({ graph: compressed.graph, board, firmware: loadFirmware(assetsDir, board), kernels: 'generated' }),
      ),
  }
}
