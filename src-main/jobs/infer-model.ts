import { systemClock } from '../base/clock.ts'
import type { Provenance, ProvenanceDetail } from '../base/provenance.ts'
import { profileInference, type LayerRow } from '../bench/profile.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'
import { opMacs } from '../ir/op-table.ts'
import type { FlashBytes } from '../pack/writer.ts'
import { rewriteGraph } from '../plan/rewrites/rewrite-graph.ts'
import { inferOverSerial } from './infer-over-serial.ts'
import { withFlashedModel, type BoardPlace } from './flashed-model.ts'
import { bytesOf, decodeInputs, describeOutputs, outputsOf, valuesOf, type OutputValues } from './model-io.ts'
import { readFile, readModelFile } from './read-model-file.ts'
import { isSerialBoard } from './serial-board.ts'
import type { Standalone } from './standalone.ts'
import { THIMBLE_VERSION } from './version.ts'

export interface InferRequest extends BoardPlace {
  file: string
  /** raw bytes: see decodeInputs */
  input: string
  inputFloat: boolean
}

export interface InferReport {
  board: string
  outputs: OutputValues[]
  /** null on the host, as is all that only a board has */
  instructions: number | null
  cycles: number | null
  latencyUs: number | null
  layers: (Omit<LayerRow, 'cycles'> & { cycles: number | null })[]
  flashBytes: FlashBytes | null
  ramBytes: { arena: number; lowerBound: number } | null
  provenance: Provenance
  /** the provenance of cycles and latencies */
  timing: Provenance
  provenanceDetail: ProvenanceDetail
}

/** The board that is no board: the interpreter on this machine. */
const HOST = 'host'

/** One inference of a model file. Throws INPUT_SIZE_WRONG before anything is flashed. */
export async function inferModel(request: InferRequest, work: Standalone): Promise<InferReport> {
  const { graph } = readModelFile(request.file)
  const inputs = decodeInputs(graph, readFile(request.input, 'input'), request.inputFloat)
  if (request.boardId === HOST) return inferOnHost(graph, inputs)
  if (isSerialBoard(request.boardId)) return inferOnLine(graph, inputs, request.boardId, work)
  return inferOnBoard(graph, inputs, request, work)
}

const opFacts = (graph: Graph) => graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))

function inferOnHost(graph: Graph, inputs: readonly TensorData[]): InferReport {
  const interpreter = createInterpreter(graph)
  const start = systemClock.monotonicMs()
  const outputs = interpreter.run(inputs)
  const latencyUs = 1000 * (systemClock.monotonicMs() - start)
  return {
    board: HOST,
    outputs: describeOutputs(graph, outputs),
    instructions: null,
    cycles: null,
    latencyUs,
    layers: opFacts(graph).map((facts, index) => ({ index, ...facts, instructions: null, cycles: null })),
    flashBytes: null,
    ramBytes: null,
    provenance: 'host',
    timing: 'host',
    provenanceDetail: {
      provenance: 'host',
      board: HOST,
      clock_hz: 0,
      firmware_sha256: '',
      seed: 0,
      thimble_version: THIMBLE_VERSION,
    },
  }
}

/** Flash and RAM are not known: nobody packed the model now, and the link does not say. */
async function inferOnLine(graph: Graph, inputs: readonly TensorData[], boardId: string, work: Standalone) {
  const { run, board } = await inferOverSerial(boardId, graph, inputs, opFacts(rewriteGraph(graph).graph), work.signal)
  const values = outputsOf(graph).map((tensor, i) => valuesOf(tensor, run.outputs[i]!))
  return {
    board: boardId,
    outputs: describeOutputs(graph, values),
    instructions: run.instructions,
    cycles: run.cycles,
    latencyUs: run.latency,
    layers: run.layers,
    flashBytes: null,
    ramBytes: null,
    provenance: board.provenance,
    timing: board.provenance === 'hardware' ? board.provenance : board.data.timing,
    provenanceDetail: {
      provenance: board.provenance,
      board: boardId,
      clock_hz: board.hello.clock,
      firmware_sha256: '', // the link does not say which build it is
      seed: 0,
      thimble_version: THIMBLE_VERSION,
    },
  } satisfies InferReport
}

function inferOnBoard(graph: Graph, inputs: readonly TensorData[], request: InferRequest, work: Standalone) {
  return withFlashedModel(graph, request, work, async ({ board, plan, packed, flashed, firmwareSha256 }) => {
    const { session, model, hello } = flashed
    const raw = inputs.map(bytesOf)
    const run = await profileInference(session, model, hello.clock, raw, opFacts(plan.graph), work.signal)
    const values = outputsOf(graph).map((tensor, i) => valuesOf(tensor, run.outputs[i]!))
    return {
      board: request.boardId,
      outputs: describeOutputs(graph, values),
      instructions: run.instructions,
      cycles: run.cycles,
      latencyUs: run.latency,
      layers: run.layers,
      flashBytes: packed.flashBytes,
      ramBytes: { arena: plan.arenaBytes, lowerBound: plan.lowerBoundBytes },
      provenance: board.provenance,
      timing: board.timing,
      provenanceDetail: {
        provenance: board.provenance,
        board: request.boardId,
        clock_hz: hello.clock,
        firmware_sha256: firmwareSha256,
        seed: 0,
        thimble_version: THIMBLE_VERSION,
      },
    } satisfies InferReport
  })
}
