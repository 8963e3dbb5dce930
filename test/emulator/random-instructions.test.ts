// Random instructions, run here and in QEMU: every register, APSR and FPSCR must agree after every block.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { randomProgram } from './random-program.ts'
import { M4, M7_DOUBLE, M7_SINGLE, runQemu, Workbench } from './toolchain.ts'

const NAMES = [
  ...Array.from({ length: 11 }, (_, i) => `r${i}`),
  'apsr',
  'fpscr',
  ...Array.from({ length: 32 }, (_, i) => `s${i}`),
]

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

describe.each([
  { kind: 'integer', seed: 1, blocks: 500, length: 6 },
  { kind: 'integer', seed: 2, blocks: 500, length: 3 },
  { kind: 'memory', seed: 5, blocks: 600, length: 6 },
  { kind: 'float', seed: 3, blocks: 400, length: 3 },
  { kind: 'float', seed: 4, blocks: 600, length: 1 },
  { kind: 'fpv5', seed: 6, blocks: 350, length: 3, core: M7_SINGLE, board: 'stm32f746' },
  { kind: 'double', seed: 8, blocks: 350, length: 2, core: M7_DOUBLE, board: 'stm32h743' },
  { kind: 'double', seed: 9, blocks: 350, length: 1, core: M7_DOUBLE, board: 'stm32h743' },
  { kind: 'float', seed: 7, blocks: 350, length: 2, core: M7_SINGLE, board: 'stm32f746' },
] as const)('$blocks blocks of $length random $kind instructions, seed $seed', (options) => {
  const { kind, seed, blocks, length } = options
  const { core, board } = { core: M4, board: 'stm32f407', ...options }
  it('leave the same registers as in QEMU', async () => {
    const program = randomProgram(createRng(seed), kind, blocks, length, core)
    const source = join(bench.directory, `random-${seed}.s`)
    await writeFile(source, program.assembly)
    const { path, bytes } = await bench.build(`random-${seed}`, ['random-main.c', source], { core })
    const [qemu, ours] = await Promise.all([runQemu(path, core.machine), runElf(bytes, findBoardData(board)!)])
    const expected = qemu.stdout.trimEnd().split('\n')
    const actual = ours.stdout.trimEnd().split('\n')
    expect(actual.length).toBe(blocks)
    const differences: string[] = []
    expected.forEach((line, index) => {
      const left = line.split(' ')
      const right = actual[index]!.split(' ')
      const registers = NAMES.filter((_, at) => left[at] !== right[at])
      if (registers.length === 0) return
      const values = registers.map((name) => `${name} ${right[NAMES.indexOf(name)]} not ${left[NAMES.indexOf(name)]}`)
      differences.push(`${program.blocks[index]!.join('; ').replaceAll('\n', '; ')}: ${values.join(', ')}`)
    })
    expect(differences).toEqual([])
  })
})
