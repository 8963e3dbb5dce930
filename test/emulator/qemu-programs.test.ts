// Whole programs, compiled as users compile theirs: the same output and exit code here and in QEMU.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BOARDS, findBoardData } from '../../src-main/device/board-data.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { countInstructions, M7_DOUBLE, M7_SINGLE, runQemu, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

describe.each(['integers', 'floats', 'dsp', 'strings'])('%s.c', (name) => {
  it.each(['-O0', '-O2', '-O3'])('does the same as in QEMU at %s', async (optimise) => {
    const { path, bytes } = await bench.build(`${name}${optimise}`, [`${name}.c`], { optimise })
    const [qemu, ours] = await Promise.all([runQemu(path), runElf(bytes, BOARDS[0]!)])
    expect(ours.stdout.length).toBeGreaterThan(1000)
    expect(ours.stdout).toBe(qemu.stdout)
    expect(ours.exitCode).toBe(qemu.exitCode)
  })
})

describe.each([
  { core: M7_SINGLE, board: 'stm32f746' },
  { core: M7_DOUBLE, board: 'stm32h743' },
])('floats.c for $core.fpu', ({ core, board }) => {
  it("does the same as on QEMU's Cortex-M7", async () => {
    const { path, bytes } = await bench.build(`floats-${core.fpu}`, ['floats.c'], { core })
    const [qemu, ours] = await Promise.all([runQemu(path, core.machine), runElf(bytes, findBoardData(board)!)])
    expect(ours.stdout.length).toBeGreaterThan(1000)
    expect(ours.stdout).toBe(qemu.stdout)
    expect(ours.exitCode).toBe(qemu.exitCode)
  })
})

describe('instruction counts', () => {
  it('are the ones that QEMU counts one by one', async () => {
    const { path, bytes } = await bench.build('counted', ['counted.s'], { library: false })
    const ours = await runElf(bytes, BOARDS[0]!)
    expect(ours.instructions).toBe(await countInstructions(path))
    expect(ours.instructions).toBeGreaterThan(1000)
  })
})
