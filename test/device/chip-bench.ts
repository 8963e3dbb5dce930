// What models take on the three virtual boards with the kernels that Thimble generates: instructions, cycles, RAM, flash and
// stack, a layer and in all. Not a test: nothing depends on its figures. `npm run bench:chip [-- FILE.tflite …]` bundles and
// runs it; without files the public MLPerf Tiny models, beside the figures that they are measured against.
//
// One row is one plan. The same plan, exported as C, runs in QEMU too, in the instructions that stand beside ours: there the
// program calls the kernels, here the firmware does, which counts its own walk through the plan. Outputs are compared with the integer interpreter's, bit for bit, before anything is printed.

import { readFileSync } from 'node:fs'
import path, { join } from 'node:path'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { profileInference, type ProfiledInference } from '../../src-main/bench/profile.ts'
import { BOARDS, type BoardData } from '../../src-main/device/board-data.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { tensorBytes, type Graph, type TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { opMacs } from '../../src-main/ir/op-table.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel, type Plan } from '../../src-main/plan/plan.ts'
import { buildChipProgram } from '../c-export/chip-program.ts'
import { expectedLines, exportGraph } from '../c-export/exported-model.ts'
import { countInstructions, M4, M7_SINGLE, Workbench } from '../emulator/toolchain.ts'
import { openInProcess } from '../support/in-process-board.ts'
import { hasMlperfTiny, mlperfFile, MLPERF_MODELS, patternInput } from '../support/mlperf-tiny.ts'

/**
 * What the public models are measured against: TFLM with CMSIS-NN on a Cortex-M4 (instructions in QEMU, bytes of its
 * arena), and what is to be reached. From ../shared/TARGETS.md.
 */
const TARGETS: Readonly<Record<string, { rival: number; reach: number; rivalArena: number; ram: number }>> = {
  kws_int8: { rival: 7_846_000, reach: 2_600_000, rivalArena: 22_820, ram: 16_500 },
  ic_int8: { rival: 29_870_000, reach: 7_500_000, rivalArena: 54_996, ram: 50_000 },
  ad_int8: { rival: 583_000, reach: 260_000, rivalArena: 2_580, ram: 1_300 },
}

interface Row {
  model: string
  board: string
  run: ProfiledInference
  plan: Plan
  flashBytes: number
  stackBytes: number
  /** instructions by QEMU's count */
  qemu: number
}

const PAINT = 0xa5

/** Everything below the stack pointer, down to where its memory begins: the firmware has its stack at the bottom. */
function belowStack({ core, data, memory }: Machine): Uint8Array {
  const pointer = core.r[13]!
  const region = data.ram.find(({ start, size }) => pointer >= start && pointer <= start + size)!
  return memory.u8.subarray(memory.offsetOf(region.start), memory.offsetOf(pointer - 1) + 1)
}

async function measure(graph: Graph, data: BoardData): Promise<Omit<Row, 'qemu'>> {
  const { board, machine } = await openInProcess(data)
  try {
    const session = await connectBoard(board)
    const plan = planModel(graph, data, { kernels: 'generated' })
    const { blob } = packModel(plan)
    await session.flash(new Uint8Array(readFileSync(`assets/firmware/${data.id}.bin`)), blob)
    const firmware = session.firmware()
    const { clock } = await firmware.hello()
    const model = await firmware.openModel()
    const inputs: TensorData[] = graph.inputs.map((id) => patternInput(0, tensorBytes(graph.tensors[id]!)))
    const bytesOf = (values: TensorData) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const free = belowStack(machine).fill(PAINT)
    const ops = graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))
    const run = await profileInference(session, model, clock, inputs.map(bytesOf), ops)
    const used = free.length - free.findIndex((byte) => byte !== PAINT)
    const wanted = createInterpreter(graph).run(inputs).map(bytesOf)
    if (!wanted.every((output, i) => Buffer.compare(output, run.outputs[i]!) === 0))
      throw new Error(`${graph.name} on ${data.id} does not give the interpreter's answer.`)
    return { model: graph.name, board: data.id, run, plan, flashBytes: blob.length, stackBytes: used }
  } finally {
    await board.close()
  }
}

/**
 * Instructions of one inference by the same plan, as the C export has it, counted by QEMU one by one: those of a program
 * that runs it twice without those of one that runs it once. The emulator has to count the same for both programs.
 */
async function countInQemu(bench: Workbench, graph: Graph, data: BoardData): Promise<number> {
  const core = data.id === 'stm32f407' ? M4 : M7_SINGLE
  const inputs = graph.inputs.map((id) => patternInput(0, tensorBytes(graph.tensors[id]!)))
  const exported = exportGraph(graph, join(bench.directory, `${graph.name}-${data.id}`), { board: data.id })
  const counts: number[] = []
  for (const sets of [[inputs], [inputs, inputs]]) {
    const { path, bytes } = await buildChipProgram(bench, exported, sets, core)
    const ours = await runElf(bytes, data)
    const qemu = await countInstructions(path, core.machine)
    if (ours.stdout !== expectedLines(graph, sets)) throw new Error(`${graph.name} gives another answer on ${data.id}.`)
    if (ours.instructions !== qemu)
      throw new Error(`${graph.name} for ${data.id}: ${qemu} instructions in QEMU, ${ours.instructions} here.`)
    counts.push(qemu)
  }
  return counts[1]! - counts[0]!
}

const millions = (n: number | null) => (n === null ? '-' : `${(n / 1e6).toFixed(3)} M`)
const share = (n: number | null, of: number) => (n === null ? '-' : `${(n / of).toFixed(2)}x`)

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)))
  for (const row of [head, ...rows])
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
}

function printLayers({ plan, run, model, board }: Row): void {
  console.log(`\n${model} on ${board}, a layer:`)
  const head = [
    'op',
    'kernel',
    'weights',
    'instructions',
    'cycles',
    'insn/MAC',
    'cycles/MAC',
    'code B',
    'const B',
    'scratch B',
  ]
  const rows = run.layers.map(({ index, op, macs, instructions, cycles }) => {
    const kernel = plan.kernels[index]!
    const perMac = (n: number | null) => (macs > 0 && n !== null ? (n / macs).toFixed(3) : '-')
    const made =
      kernel.source === 'plain'
        ? ['plain', '-', '-', '-', '-']
        : [
            ...[kernel.emitted.family, kernel.weights],
            ...[kernel.emitted.kernel.code.bytes, kernel.emitted.kernel.constants].map(({ length }) => String(length)),
            String(kernel.emitted.kernel.scratchBytes),
          ]
    const [family, weights, ...sizes] = made as [string, string, string, string, string]
    return [
      ...[`${index} ${op}`, family, weights, String(instructions ?? '-'), String(cycles ?? '-')],
      ...[perMac(instructions), perMac(cycles), ...sizes],
    ]
  })
  printTable(head, rows)
}

function printTotals(rows: readonly Row[]): void {
  const head = [
    'model',
    'board',
    'instructions',
    'in QEMU',
    'cycles',
    'of CMSIS-NN (M4)',
    'to reach',
    'arena B',
    'to reach',
    'flash B',
    'stack B',
  ]
  printTable(
    head,
    rows.map(({ model, board, run, plan, flashBytes, stackBytes, qemu }) => {
      const target = TARGETS[model]
      return [
        ...[
          model,
          board,
          millions(run.instructions),
          millions(qemu),
          `${millions(run.cycles)}${isEstimate(board) ? ' (estimated)' : ''}`,
        ],
        ...(target === undefined ? ['-', '-'] : [share(run.instructions, target.rival), millions(target.reach)]),
        ...[String(plan.arenaBytes), target === undefined ? '-' : String(target.ram)],
        ...[String(flashBytes), String(stackBytes)],
      ]
    }),
  )
}

const isEstimate = (id: string) => BOARDS.find((board) => board.id === id)!.timing === 'estimated'

function graphsOf(files: readonly string[]): Graph[] {
  const read = (bytes: Uint8Array, file: string) => readTflite(bytes, path.basename(file, '.tflite'))
  if (files.length > 0) return files.map((file) => read(new Uint8Array(readFileSync(file)), file))
  if (!hasMlperfTiny) throw new Error('The MLPerf Tiny models are not there: name .tflite files.')
  return MLPERF_MODELS.map((model) => read(mlperfFile(`${model}.tflite`), model))
}

const rows: Row[] = []
const bench = await Workbench.open()
try {
  for (const graph of graphsOf(process.argv.slice(3)))
    for (const data of BOARDS) {
      const row = { ...(await measure(graph, data)), qemu: await countInQemu(bench, graph, data) }
      rows.push(row)
      printLayers(row)
    }
} finally {
  await bench.close()
}
console.log('')
printTotals(rows)
console.log(
  '\nCounted on virtual boards, not measured on a chip: cycles are emulated on the F407, estimated on the others.',
)
