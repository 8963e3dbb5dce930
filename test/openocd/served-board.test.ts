// Another program flashes a served board through its ST-Link, and Thimble then speaks to it over its serial line alone.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bundleServer } from '../cli/board-server.ts'
import { thimbleJson } from '../cli/command-line.ts'
import { smallInt8Graph, writeModel } from '../jobs/small-model.ts'
import { runOpenOcd } from './openocd.ts'

let serve: Awaited<ReturnType<typeof bundleServer>>

beforeAll(async () => {
  serve = await bundleServer()
})

// Each takes half a minute, most of it OpenOCD's erasing: one stands for all in every run of the tests.
it.each(BOARDS.slice(0, 1).map((data) => ({ id: data.id, data })))(
  '$id: flashed by OpenOCD, it infers over its serial line',
  async ({ id, data }) => {
    const folder = mkdtempSync(join(tmpdir(), 'thimble-served-'))
    const graph = await smallInt8Graph(64)
    const file = writeModel(folder, 'model.tflite', graph)
    const model = join(folder, 'model.bin')
    writeFileSync(model, packModel(planModel(graph, data)).blob)
    const input = Int8Array.from({ length: 64 }, () => createRng(5).int(256) - 128)
    writeFileSync(join(folder, 'input.raw'), input)

    const link = join(folder, 'uart')
    const { child, ended, at } = await serve(`virtual:${id}`, '--uart', link, '--stlink-tcp', '0')
    const board = `serial:${link}`
    const infer = ['infer', file, '--board', board, '--input', join(folder, 'input.raw')]
    const said = await runOpenOcd(at.stlinkTcp!, id, 'dapdirect', [
      `program ${join('assets', 'firmware', `${id}.bin`)} verify 0x${data.firmwareRegion.start.toString(16)}`,
      `program ${model} verify reset 0x${data.modelRegion.start.toString(16)}`,
    ])
    expect(said.split('** Verified OK **')).toHaveLength(3)
    const [wanted] = createInterpreter(graph).run([input])
    expect(await thimbleJson(infer, folder)).toMatchObject({
      outputs: [{ data: [...(wanted as Int8Array)] }],
      provenance: 'emulated',
    })
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
  },
  300_000,
)
