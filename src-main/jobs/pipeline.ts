// The spine, from a model to a measured result. Read it from top to bottom; each stage is a file in stages/.
//
//     data -> train -> compress -> verify -> plan -> pack -> flash -> bench      a built-in task
//                                  verify -> plan -> pack -> flash -> bench      a model file of the user's own

import { basename } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { AppError, toAppError } from '../base/errors.ts'
import { createRng, type Rng } from '../base/rng.ts'
import { findRecipe } from '../compress/recipe.ts'
import { windowAt } from '../data/windows.ts'
import {
  STAGES,
  type JobEvent,
  type JobQuestion,
  type RunDetail,
  type RunRequest,
  type StageName,
} from '../contract/run.ts'
import type { Board } from '../device/board.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import type { Store } from '../store/store.ts'
import { boardDataOf, boardProvenance, type ConnectWish } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import { readModelFile } from './read-model-file.ts'
import { startRun, type RunRecorder } from './run-recorder.ts'
import { bench } from './stages/bench.ts'
import { compress } from './stages/compress.ts'
import { makeData } from './stages/data.ts'
import { flash } from './stages/flash.ts'
import { pack } from './stages/pack.ts'
import { plan } from './stages/plan.ts'
import { train } from './stages/train.ts'
import { verify } from './stages/verify.ts'
import { THIMBLE_VERSION } from './version.ts'
import { anomalyWorkload, randomWorkload, type Workload } from './workload.ts'

export interface PipelineDeps {
  store: Store
  /** the pipeline closes what it opens, however it ends */
  openBoard: (id: string, wish: ConnectWish) => Promise<Board>
  /** holds the built firmware images */
  assetsDir: string
  /** where flash that Thimble has not written is read back to before it is erased */
  backupFolder: string
  /** holds the key that signs what is packed */
  keyFolder: string
  emit: (event: JobEvent) => void
  /** resolves when the user agrees to what a `question` event asks; absent where nobody can be asked */
  agreement?: () => Promise<void>
  signal: AbortSignal
  clock: Clock
}

/** A model ready for the board, with what it is held against and what it is fed. */
interface Model {
  graph: Graph
  floatGraph: Graph | undefined
  samples: readonly (readonly TensorData[])[]
  workload: Workload
}

/**
 * Does what is asked for, tells it as events and keeps it in the store. Throws what went wrong after having told and
 * kept that too; nothing that was not done is called done.
 */
export async function runPipeline(request: RunRequest, deps: PipelineDeps): Promise<RunDetail> {
  const { run, rng, data, firmware, ownGraph } = await begin(request, deps)
  let board: Board | undefined
  try {
    const model = ownGraph ? ownModel(ownGraph, request, rng) : await trainedModel(request, run)
    const verified = await run.stage('verify', verify, model)
    const planned = await run.stage('plan', plan, { graph: model.graph, board: data, firmware, kernels: 'plain' })
    const packed = await run.stage('pack', pack, { plan: planned, keyFolder: deps.keyFolder })
    const start = deps.clock.monotonicMs()
    board = await deps.openBoard(request.boardId, request)
    const { backupFolder, agreement } = deps
    const ask = agreement && ((question: JobQuestion) => run.ask(question, agreement))
    const consent = { backupFolder, overwriteForeign: request.overwriteForeign, ask }
    const connectMs = deps.clock.monotonicMs() - start
    const flashed = await run.stage('flash', flash, { board, connectMs, firmware, packed, consent })
    run.setClock(flashed.hello.clock)
    await run.stage('bench', bench, { flashed, plan: planned, workload: model.workload, verified })
    return run.finish()
  } catch (thrown) {
    throw run.fail(thrown)
  } finally {
    await board?.close()
  }
}

/** The built-in task: from recordings to an int8 model. */
async function trainedModel({ quick, recipe }: RunRequest, run: RunRecorder): Promise<Model> {
  const task = await run.stage('data', makeData, quick ? 'quick' : 'full')
  const trained = await run.stage('train', train, task)
  const { graph } = await run.stage('compress', compress, { graph: trained.graph, task, recipe })
  return {
    graph,
    floatGraph: trained.graph,
    samples: Array.from({ length: VERIFY_SAMPLES }, (_, i) => [windowAt(task.calibration, i)]),
    workload: anomalyWorkload(graph, task),
  }
}

const VERIFY_SAMPLES = 32

/** A model of the user's own runs as it is, on random inputs. */
function ownModel(graph: Graph, { quick }: RunRequest, rng: Rng): Model {
  const workload = randomWorkload(graph, rng.fork('random inputs'), quick)
  return { graph, floatGraph: undefined, samples: [workload.inputs(0)], workload }
}

/** Checks all that can be wrong with the request before a run of it exists; says so as an event too. */
async function begin(request: RunRequest, deps: PipelineDeps) {
  try {
    const rng = createRng(request.seed)
    const data = await boardDataOf(request.boardId, request)
    const firmware = loadFirmware(deps.assetsDir, data)
    if ((request.task === undefined) === (request.file === undefined)) {
      throw new AppError('USAGE', 'A run takes either a task or a model file.')
    }
    if (request.task !== undefined) findRecipe(request.recipe)
    const ownGraph = request.file === undefined ? undefined : readModelFile(request.file).graph
    const run = startRun(
      {
        request,
        model: request.file === undefined ? `${request.task}-autoencoder` : basename(request.file),
        stages: request.file === undefined ? STAGES : OWN_FILE_STAGES,
        parameters: { ...request },
        provenance: {
          provenance: boardProvenance(request.boardId),
          board: request.boardId,
          clock_hz: data.clock,
          firmware_sha256: firmware.sha256,
          seed: request.seed,
          thimble_version: THIMBLE_VERSION,
        },
      },
      { ...deps, rng },
    )
    return { run, rng, data, firmware, ownGraph }
  } catch (thrown) {
    const error = toAppError(thrown)
    deps.emit({ type: 'failed', stage: null, error: error.toDto(), status: 'failed' })
    throw error
  }
}

const OWN_FILE_STAGES: readonly StageName[] = STAGES.slice(STAGES.indexOf('verify'))
