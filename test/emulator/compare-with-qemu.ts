// Runs random blocks here and in QEMU and compares what every run left behind: core registers, APSR, FPSCR, the
// single registers and the buffer. What differs is cut down to the fewest pieces that still differ.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRng } from '../../src-main/base/rng.ts'
import { systemClock } from '../../src-main/base/clock.ts'
import { BOARDS, type BoardData } from '../../src-main/device/board-data.ts'
import { readElf } from '../../src-main/emulator/elf.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { loadProgram } from '../../src-main/emulator/run-elf.ts'
import { Semihosting } from '../../src-main/emulator/semihosting.ts'
import { assemblyOf, executedAtLeast, randomBlocks, type Block, type Kind, type States } from './random-program.ts'
import { M4, runQemuForBytes, type TestCore, type Workbench } from './toolchain.ts'

const NAMES = [
  ...Array.from({ length: 11 }, (_, i) => `r${i}`),
  'apsr',
  'fpscr',
  ...Array.from({ length: 32 }, (_, i) => `s${i}`),
  'memory',
]
const RECORD = NAMES.length
/** What the emulator may take for one run of a block, with the driver's own work. */
const CYCLES_PER_RUN = 40_000

/** A core that QEMU has, and a board that has it. */
export interface Target {
  core: TestCore
  board: BoardData
}
const DEFAULT_TARGET: Target = { core: M4, board: BOARDS[0]! }

export interface Plan {
  kind: Kind
  seed: number
  blocks: number
  /** pieces in a block */
  length: number
  /** from which each block runs */
  states: number
  /** the Cortex-M4 when not given */
  on?: Target
}

export interface Comparison {
  /** executed in blocks, counted from below */
  instructions: number
  runs: number
  /** one text for each block that differs, cut down; at most MOST of them */
  differences: string[]
}

/** Differences that are cut down and shown: one is enough to work on. */
const MOST = 3

interface Difference {
  block: number
  state: number
}

export async function compareWithQemu(bench: Workbench, plan: Plan): Promise<Comparison> {
  const rng = createRng(plan.seed)
  const blocks = randomBlocks(rng, plan.kind, plan.blocks, plan.length)
  const states: States = { seeds: blocks.map(() => rng.uint32()), first: 0, count: plan.states }
  const target = plan.on ?? DEFAULT_TARGET
  const found = await run(bench, `random-${plan.seed}`, blocks, states, target)
  const differences: string[] = []
  for (const { block, state } of firstOfEachBlock(found.differences).slice(0, MOST)) {
    const from: States = { seeds: [states.seeds[block]!], first: state, count: 1 }
    differences.push(await shrink(bench, blocks[block]!, from, plan.seed, target))
  }
  const instructions = blocks.reduce((sum, block) => sum + executedAtLeast(block), 0) * plan.states
  return { instructions, runs: plan.blocks * plan.states, differences }
}

function firstOfEachBlock(differences: readonly Difference[]): Difference[] {
  return differences.filter(({ block }, index) => differences.findIndex((other) => other.block === block) === index)
}

/** Every subset of the block's pieces in one program; of those that still differ, the one with the fewest. */
async function shrink(bench: Workbench, block: Block, from: States, planSeed: number, target: Target): Promise<string> {
  const seed = from.seeds[0]!
  const subsets = Array.from({ length: 2 ** block.length - 1 }, (_, bits) =>
    block.filter((_, piece) => (((bits + 1) >>> piece) & 1) === 1),
  ).sort((left, right) => left.length - right.length)
  const states: States = { ...from, seeds: subsets.map(() => seed) }
  const found = await run(bench, `shrunk-${planSeed}`, subsets, states, target)
  const smallest = found.differences[0]?.block
  const text = (pieces: Block) => pieces.join('; ').replaceAll('\n', '; ')
  const where = `seed ${seed}, state ${from.first}`
  if (smallest === undefined) return `${text(block)} (${where}): differs among other blocks only`
  return `${text(subsets[smallest]!)} (${where}): ${found.describe(smallest)}`
}

interface Outcome {
  differences: Difference[]
  describe(run: number): string
}

async function run(
  bench: Workbench,
  name: string,
  blocks: readonly Block[],
  states: States,
  { core, board }: Target,
): Promise<Outcome> {
  const source = join(bench.directory, `${name}.s`)
  await writeFile(source, assemblyOf(blocks, states, core))
  const flags = ['-ffreestanding', '-fno-tree-loop-distribute-patterns']
  const { path, bytes } = await bench.build(name, ['random-main.c', source], { core, library: false, flags })
  const runs = blocks.length * states.count
  const expected = wordsOf(await runQemuForBytes(path, core.machine))
  const actual = wordsOf(emulate(bytes, board, runs))
  for (const [who, words] of [['QEMU', expected] as const, ['The emulator', actual] as const]) {
    if (words.length !== runs * RECORD) throw new Error(`${who} wrote ${words.length} words for ${runs} runs.`)
  }
  const differences: Difference[] = []
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] === actual[at]) continue
    const index = Math.floor(at / RECORD)
    differences.push({ block: Math.floor(index / states.count), state: states.first + (index % states.count) })
    at = (index + 1) * RECORD - 1
  }
  const hex = (word: number) => word.toString(16).padStart(8, '0')
  return {
    differences,
    describe: (index) =>
      NAMES.map((register, at) => ({
        register,
        ours: actual[index * RECORD + at]!,
        theirs: expected[index * RECORD + at]!,
      }))
        .filter(({ ours, theirs }) => ours !== theirs)
        .map(({ register, ours, theirs }) => `${register} ${hex(ours)} not ${hex(theirs)}`)
        .join(', '),
  }
}

/** Both write little-endian words, as this host has them. */
const wordsOf = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer, 0, bytes.length >>> 2)

/** Runs an ELF until it exits, and returns the bytes that it wrote. */
function emulate(elf: Uint8Array, board: BoardData, runs: number): Uint8Array {
  const machine = new Machine(board)
  const chunks: Uint8Array[] = []
  let done = false
  const semihosting = new Semihosting(machine, {
    heap: { base: 0, limit: 0 },
    clock: systemClock,
    onOutput: (bytes) => chunks.push(bytes.slice()),
    onExit: () => {
      done = true
    },
  })
  machine.core.semihosting = () => semihosting.handle()
  loadProgram(machine, readElf(elf))
  const end = machine.core.cycles + runs * CYCLES_PER_RUN
  while (!done && machine.core.cycles < end && !machine.core.lockedUp) machine.run(5_000_000)
  return Buffer.concat(chunks)
}
