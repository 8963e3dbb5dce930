// Exported projects built with CMake and GNU's compiler for the chip, and run in QEMU and on our emulator: both give the
// bytes of the integer interpreter, after as many instructions.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { randomInputs } from '../../src-main/jobs/model-io.ts'
import { countInstructions, M4, M7_SINGLE, runQemu, Workbench, type TestCore } from '../emulator/toolchain.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { smallInt8Graph } from '../jobs/small-model.ts'
import { hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { buildChipProgram, succeed } from './chip-program.ts'
import { expectedLines, exportGraph } from './exported-model.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

async function expectSame(graph: Graph, name: string, core: TestCore, board: string, count: number) {
  const exported = exportGraph(graph, join(bench.directory, name), { board })
  const rng = createRng(9).fork(name)
  const sets = Array.from({ length: count }, () => randomInputs(graph, rng))
  const program = await buildChipProgram(bench, exported, sets, core)
  const [qemu, ours] = await Promise.all([
    runQemu(program.path, core.machine),
    runElf(program.bytes, findBoardData(board)!),
  ])
  const stdout = expectedLines(graph, sets)
  expect(qemu).toEqual({ stdout, exitCode: 0 })
  expect(ours).toMatchObject({ stdout, exitCode: 0 })
  return { exported, program, ours }
}

test('the autoencoder, to the instruction', async () => {
  const { program, ours } = await expectSame(await smallInt8Graph(64), 'small', M4, 'stm32f407', 2)
  expect(ours.instructions).toBe(await countInstructions(program.path))
})

test('a network with branches, generated and plain kernels mixed, to the instruction', async () => {
  const { graph } = randomNetwork(createRng(4))
  const { exported, program, ours } = await expectSame(graph, 'network', M4, 'stm32f407', 2)
  expect(new Set(exported.plan.kernels.map(({ source }) => source)).size).toBe(2)
  expect(ours.instructions).toBe(await countInstructions(program.path))
})

test('on a Cortex-M7', async () => {
  await expectSame(await smallInt8Graph(64), 'small-m7', M7_SINGLE, 'stm32f746', 3)
})

describe.skipIf(!hasMlperfTiny)('MLPerf Tiny', () => {
  const model = (name: string) => readTflite(mlperfFile(`${name}.tflite`), name)

  test('kws_int8', async () => {
    await expectSame(model('kws_int8'), 'kws', M4, 'stm32f407', 3)
  })

  test('ad_int8, to the instruction', async () => {
    const { program, ours } = await expectSame(model('ad_int8'), 'ad', M4, 'stm32f407', 2)
    expect(ours.instructions).toBe(await countInstructions(program.path))
  })
})

test('assembled and compiled, kernels and constants are the bytes that the packer places', async () => {
  const { graph } = randomNetwork(createRng(4))
  for (const [i, net] of [graph, await smallInt8Graph(64)].entries()) {
    const { folder, model, project } = exportGraph(net, join(bench.directory, `bytes-${i}`))
    const bytesOf = (file: string, section: string) => {
      const [object, binary] = [join(folder, `${file}.o`), join(folder, `${file}.bin`)] as const
      const includes = ['include', 'src'].map((path) => `-I${join(folder, path)}`)
      const cpu = ['-mcpu=cortex-m4', '-mthumb', '-c']
      succeed('arm-none-eabi-gcc', [...cpu, ...includes, join(folder, 'src', file), '-o', object])
      succeed('arm-none-eabi-objcopy', ['-O', 'binary', '-j', section, object, binary])
      return readFileSync(binary)
    }
    const { name } = project
    expect(bytesOf(`${name}_kernels.S`, `.text.${name}_kernels`).equals(model.code)).toBe(true)
    expect(bytesOf(`${name}_constants.c`, '.rodata').equals(model.constants)).toBe(true)
  }
})

test('a core that the kernels are not for is refused by the preprocessor', async () => {
  const { folder } = exportGraph(await smallInt8Graph(64), join(bench.directory, 'wrong-core'))
  const file = join(folder, 'try.c')
  writeFileSync(file, '#include "net.h"\n')
  for (const [cpu, works] of [
    ['cortex-m0plus', false],
    ['cortex-m3', false],
    ['cortex-m4', true],
    ['cortex-m7', true],
  ] as const) {
    const args = [`-mcpu=${cpu}`, '-mthumb', '-c', `-I${join(folder, 'include')}`, file, '-o', join(folder, 'try.o')]
    const { status, stderr } = spawnSync('arm-none-eabi-gcc', args, { encoding: 'utf8' })
    expect(status === 0).toBe(works)
    expect(stderr.includes('net needs an Armv7E-M core')).toBe(!works)
  }
})
