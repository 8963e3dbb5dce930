// Exports a graph to a folder, and says what its program has to print.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { Graph, TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { modelTensors } from '../../src-main/pack/c-project/tensors.ts'
import { writeCProject, type CProject } from '../../src-main/pack/c-project/project.ts'
import { readPackedModel, type ReadModel } from '../../src-main/pack/reader.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel, type Plan } from '../../src-main/plan/plan.ts'
import type { KernelSource } from '../../src-main/plan/planned-kernel.ts'

const ROOT = process.cwd()
const PROGRAMS = join(ROOT, 'test/c-export/programs')
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8')

export interface ExportedModel {
  graph: Graph
  plan: Plan
  model: ReadModel
  project: CProject
  folder: string
  /** the files that CMakeLists.txt compiles, absolute */
  sources: string[]
  /** -D for run-model.c */
  defines: string[]
}

export const sources = {
  firmware: (path: string) => textOf(join('firmware', path)),
  licence: textOf('LICENSE'),
  version: '1.2.3',
}

export function exportGraph(
  graph: Graph,
  folder: string,
  {
    board = 'stm32f407',
    kernels = 'generated',
    rewrite = false,
  }: { board?: string; kernels?: KernelSource; rewrite?: boolean } = {},
): ExportedModel {
  const plan = planModel(graph, findBoardData(board)!, { kernels, rewrite })
  const project = writeCProject(plan, 'net.tflite', sources)
  for (const [path, text] of project.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const model = readPackedModel(packModel(plan).blob)
  const tensors = modelTensors({ name: project.name, plan, model })
  const calls = (role: 'input' | 'output') =>
    tensors
      .filter((tensor) => tensor.role === role)
      .map(({ symbol, macro }) => `${role.toUpperCase()}(${symbol}, ${macro}_BYTES)`)
      .join(' ')
  const outputBytes = model.outputs.reduce((sum, { data }) => sum + data.bytes, 0)
  return {
    graph,
    plan,
    model,
    project,
    folder,
    sources: [...project.files.get('CMakeLists.txt')!.matchAll(/^ {2}(\S+\.[cS])$/gm)].map(([, path]) =>
      join(folder, path!),
    ),
    defines: [
      `-DNAME=${project.name}`,
      ...Object.entries({
        ARENA_BYTES: 'NET_ARENA_BYTES',
        ...{ OK: 'NET_OK', NO_ARENA: 'NET_NO_ARENA', MISALIGNED: 'NET_ARENA_MISALIGNED' },
        ...{ TOO_SMALL: 'NET_ARENA_TOO_SMALL', OUTPUT_BYTES: outputBytes },
        ...{ INPUTS: calls('input'), OUTPUTS: calls('output') },
      }).map(([name, value]) => `-D${name}=${value}`),
    ],
  }
}

/** The program's sources: run-model.c, what it prints with, and a file of inputs. */
export function programSources(sets: readonly TensorData[][], folder: string, io: 'chip-io.c' | 'host-io.c'): string[] {
  const bytes = Buffer.concat(sets.flat().map(bytesOf))
  const file = join(folder, 'inputs.c')
  writeFileSync(
    file,
    `#include <stdint.h>\nextern const uint8_t test_inputs[];\nextern const uint32_t test_input_count;\n` +
      `const uint8_t test_inputs[] = {${bytes.join(',')}};\nconst uint32_t test_input_count = ${sets.length};\n`,
  )
  return [join(PROGRAMS, 'run-model.c'), join(PROGRAMS, io), file]
}

/** What the integer interpreter gives, as the program prints it. */
export function expectedLines(graph: Graph, sets: readonly TensorData[][]): string {
  const interpreter = createInterpreter(graph)
  return sets.map((inputs) => `${Buffer.concat(interpreter.run(inputs).map(bytesOf)).toString('hex')}\n`).join('')
}

const bytesOf = (data: TensorData) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
