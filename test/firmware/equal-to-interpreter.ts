import { expect } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import type { KernelSource } from '../../src-main/plan/planned-kernel.ts'
import { runHostFirmware, type HostCase } from './host-firmware.ts'
import type { RandomCase } from './random-graph.ts'

const BOARD = findBoardData('stm32f407')!

export const bytesOf = (data: TensorData) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The host build refuses generated kernels, whose machine code is another core's. */
export const hostCase = ({ graph, inputs }: RandomCase, kernels: KernelSource = 'plain'): HostCase => {
  const plan = planModel(graph, BOARD, { kernels })
  const input = new Uint8Array(Buffer.concat(inputs.map(bytesOf)))
  return { blob: packModel(plan).blob, arenaBytes: plan.arenaBytes, inputs: [input], withOps: true }
}

/** The cases of seeds `firstSeed`, `firstSeed` + 1 … have the same bytes at every op on the host-built firmware and in the interpreter. */
export function expectEqualToInterpreter(make: (rng: Rng) => RandomCase, count: number, firstSeed: number): void {
  const cases = Array.from({ length: count }, (_, i) => make(createRng(firstSeed + i)))
  const results = runHostFirmware(cases.map((one) => hostCase(one)))
  cases.forEach(({ graph, inputs }, i) => {
    const { status, runs } = results[i]!
    const describe = () => `the case of seed ${firstSeed + i}: ${JSON.stringify(graph)}`
    if (status !== 'OK') expect.fail(`${status} in ${describe()}`)
    const ops: TensorData[] = []
    // of an op with several outputs, the first: the others are among the model's
    const firsts = new Set(graph.ops.map((op) => op.outputs[0]))
    const outputs = createInterpreter(graph).run(inputs, (id, data) => {
      if (firsts.has(id)) ops.push(data.slice())
    })
    const same = [...outputs, ...ops].every((data, k) => Buffer.compare(bytesOf(data), runs[0]![k]!) === 0)
    if (!same) expect.fail(`Firmware and interpreter differ in ${describe()}`)
  })
}
