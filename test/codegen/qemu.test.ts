// The generated kernels in QEMU, the independent reference: what they write is what the interpreter has, and they take as many
// instructions as the emulator counts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { countInstructions, M4, M7_SINGLE, runQemu, Workbench } from '../emulator/toolchain.ts'
import { emittedCase, FAMILIES } from './emitted-ops.ts'
import { buildKernels, hexLines } from './kernel-programs.ts'

/** Cases of a program: with their constants they have to fit the RAM of the Cortex-M7's. */
const CASES = 5

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

describe.each(Object.entries(FAMILIES))('%s', (name, family) => {
  const casesOf = (count: number) => {
    const rng = createRng(32).fork(name)
    return Array.from({ length: count }, (_, seed) => emittedCase(family, rng, seed))
  }

  test.each([
    { core: M4, board: 'stm32f407' },
    { core: M7_SINGLE, board: 'stm32f746' },
  ])('does the same in $core.machine, here, and in the interpreter', async ({ core, board }) => {
    const cases = casesOf(CASES)
    const { path, bytes } = await buildKernels(bench, `${name}-${core.cpu}`.replaceAll(' ', '-'), cases, core)
    const [qemu, ours] = await Promise.all([runQemu(path, core.machine), runElf(bytes, findBoardData(board)!)])
    expect(qemu).toEqual({ stdout: hexLines(cases), exitCode: 0 })
    expect(ours.stdout).toBe(qemu.stdout)
  })

  test('takes as many instructions as QEMU counts one by one', async () => {
    const { path, bytes } = await buildKernels(bench, `${name}-counted`.replaceAll(' ', '-'), casesOf(1), M4)
    const ours = await runElf(bytes, findBoardData('stm32f407')!)
    expect(ours.instructions).toBe(await countInstructions(path))
  })
})
