// Emulator speed beside QEMU's, in guest instructions a second of processor time. Not a test: nothing depends on its
// figures. `npm run bench:emulator` bundles and runs it.
//
// Every program is run short and long, and what counts is the difference: QEMU's start-up and our own are not speed.
// Rounds are interleaved, so that what else the machine does falls on all alike; the median round counts.

import { spawnSync } from 'node:child_process'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { readFileSync } from 'node:fs'
import { hasMlperfTiny, mlperfFile, MLPERF_MODELS, type MlperfModel } from '../support/mlperf-tiny.ts'
import { Workbench, type Program } from './toolchain.ts'

const ROUNDS = 5
const BOARD = BOARDS[0]!
const PROGRAMS = [
  { name: 'int8 dot product', source: 'dot-product.s', short: 100, long: 50_000 },
  { name: 'branchy code', source: 'branchy.s', short: 100, long: 12_000 },
] as const

interface Run {
  instructions: number
  seconds: number
}

const processorSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function runOurs({ bytes }: Program, translate: boolean): Promise<Run> {
  const before = processorSeconds()
  const { instructions } = await runElf(bytes, BOARD, { translate })
  return { instructions, seconds: processorSeconds() - before }
}

/** Processor seconds of QEMU, by the shell's account of its children. */
function runQemu({ path }: Program): number {
  const qemu = `qemu-system-arm -M netduinoplus2 -nographic -monitor none -serial none`
  const command = `${qemu} -semihosting-config enable=on,target=native -kernel ${path} >/dev/null 2>&1; times`
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
  const [minutes, seconds, systemMinutes, systemSeconds] = [...stdout.split('\n')[1]!.matchAll(/[\d.]+/g)].map(Number)
  return minutes! * 60 + seconds! + systemMinutes! * 60 + systemSeconds!
}

const median = (values: readonly number[]) => [...values].sort((x, y) => x - y)[values.length >> 1]!

async function compare(bench: Workbench, { name, source, short, long }: (typeof PROGRAMS)[number]): Promise<void> {
  const build = (passes: number) =>
    bench.build(`${source}-${passes}`, [source], { library: false, flags: [`-Wa,--defsym,PASSES=${passes}`] })
  const [shortProgram, longProgram] = [await build(short), await build(long)]
  const rates = { interpreter: [] as number[], translated: [] as number[], qemu: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    let executed = 0
    for (const [key, translate] of [
      ['interpreter', false],
      ['translated', true],
    ] as const) {
      const first = await runOurs(shortProgram, translate)
      const second = await runOurs(longProgram, translate)
      executed = second.instructions - first.instructions
      rates[key].push(executed / (second.seconds - first.seconds) / 1e6)
    }
    const start = runQemu(shortProgram)
    rates.qemu.push(executed / (runQemu(longProgram) - start) / 1e6)
  }
  const ratio = (ours: readonly number[]) => median(ours.map((rate, round) => rate / rates.qemu[round]!)).toFixed(2)
  const mips = (values: readonly number[]) => `${median(values).toFixed(0)} MIPS`
  console.log(
    `${name}: QEMU ${mips(rates.qemu)} · interpreter ${mips(rates.interpreter)} (${ratio(rates.interpreter)} of QEMU)` +
      ` · translated ${mips(rates.translated)} (${ratio(rates.translated)} of QEMU)`,
  )
}

/** Inferences until V8 has compiled for good what they execute, ours and what we translate. */
const WARM_UP = 12
const MEASURED = 4
/** Boards of each kind, by turns. */
const BOARD_ROUNDS = 3

interface Inferences {
  cycles: number
  /** processor seconds of the first one after power-on, with all that is translated and compiled meanwhile */
  first: number
  /** of one when warm */
  warm: number
}

async function runInferences(image: Uint8Array, blob: Uint8Array, translate: boolean): Promise<Inferences> {
  const board = await openVirtualBoard(BOARD, { translate })
  try {
    const session = await connectBoard(board)
    await session.flash(image, blob)
    const firmware = session.firmware()
    const { inputs } = await firmware.openModel()
    const rng = createRng(1)
    const input = inputs.map(({ bytes }) => Uint8Array.from({ length: bytes }, () => rng.int(256)))
    let cycles = 0
    const timed = async (count: number) => {
      const before = processorSeconds()
      for (let index = 0; index < count; index++) cycles = (await firmware.infer(input)).cycles!
      return (processorSeconds() - before) / count
    }
    const first = await timed(1)
    await timed(WARM_UP)
    return { first, warm: await timed(MEASURED), cycles }
  } finally {
    await board.close()
  }
}

/** Inferences by the firmware's plain C kernels on a virtual board, which waits for flash as its firmware sets it up. */
async function compareInferences(name: MlperfModel): Promise<void> {
  const graph = readTflite(mlperfFile(`${name}.tflite`), name)
  const { blob } = packModel(planModel(graph, BOARD))
  const image = new Uint8Array(readFileSync('assets/firmware/stm32f407.bin'))
  const runs = { interpreter: [] as Inferences[], translated: [] as Inferences[] }
  for (let round = 0; round < BOARD_ROUNDS; round++) {
    runs.interpreter.push(await runInferences(image, blob, false))
    runs.translated.push(await runInferences(image, blob, true))
  }
  const cycles = new Set([...runs.interpreter, ...runs.translated].map((run) => run.cycles))
  if (cycles.size > 1) throw new Error(`${name}: translated code takes other cycles: ${[...cycles].join(', ')}`)
  const ms = (key: 'first' | 'warm', list: readonly Inferences[]) =>
    `${(median(list.map((run) => run[key])) * 1e3).toFixed(1)} ms`
  const ratio = median(runs.interpreter.map(({ warm }, round) => warm / runs.translated[round]!.warm)).toFixed(1)
  console.log(
    `${name}: ${([...cycles][0]! / 1e6).toFixed(1)} M cycles with flash waits · interpreter ${ms('warm', runs.interpreter)}` +
      ` · translated ${ms('warm', runs.translated)} (${ratio} times as fast) · first inference` +
      ` ${ms('first', runs.interpreter)} and ${ms('first', runs.translated)}`,
  )
}

const bench = await Workbench.open()
try {
  for (const program of PROGRAMS) await compare(bench, program)
  if (hasMlperfTiny) for (const name of MLPERF_MODELS) await compareInferences(name)
} finally {
  await bench.close()
}
