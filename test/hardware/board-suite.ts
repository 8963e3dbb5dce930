// What every board has to do, real or virtual: the same cases for both. They write the firmware's and the model's regions
// of flash and nothing else.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { addr } from '../../src-main/base/units.ts'
import type { Board } from '../../src-main/device/board.ts'
import { createCore } from '../../src-main/device/cortex-m.ts'
import type { Hello } from '../../src-main/device/firmware-client.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { connectBoard, type BoardSession, type FlashReport } from '../../src-main/device/session.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomInputs } from '../firmware-board/virtual-session.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { HardwareReport } from './hardware-report.ts'

/** One board under test, and how to do to it what its user's hands do. */
export interface TestedBoard {
  id: string
  open(): Promise<Board>
  /** another connection, with the target held in reset until it stands; after `board` was closed */
  connectUnderReset(board: Board): Promise<Probe>
  /** pulls the cable; undefined: nobody is there to do it */
  unplug?: ((board: Board) => Promise<void>) | undefined
}

const CASE_TIMEOUT_MS = 300_000
const SEEDS = [11, 12, 13, 14]
const INPUTS = 3
const STREAM = 50
const CPUID = addr(0xe000ed00)
const blank = new Uint8Array(64).fill(0xff)

const imageOf = (name: string) => new Uint8Array(readFileSync(join('assets', 'firmware', `${name}.bin`)))
const loader = imageOf('loader')
const networkOf = (seed: number): Graph => randomNetwork(createRng(seed)).graph

export function describeBoard(tested: TestedBoard): void {
  describe(tested.id, () => {
    let board: Board
    let session: BoardSession
    let hello: Hello
    let image: Uint8Array
    const report = new HardwareReport(tested.id)

    beforeAll(async () => {
      board = await tested.open()
    })
    afterAll(async () => {
      await board.close().catch(() => undefined) // it may have been unplugged
      mkdirSync(join('test-results', 'hardware'), { recursive: true })
      writeFileSync(join('test-results', 'hardware', `${report.fileName}.json`), report.toJson())
    })

    const blobOf = (graph: Graph) => packModel(planModel(graph, board.data)).blob
    const flash = async (name: string, model: Uint8Array): Promise<FlashReport> => {
      const start = performance.now()
      const done = await session.flash(image, model, { loader })
      report.flash(name, performance.now() - start, done)
      return done
    }

    it('connects and is the chip that it should be', { timeout: CASE_TIMEOUT_MS }, async () => {
      session = await connectBoard(board)
      image = imageOf(board.data.id)
      const code = await board.probe.readWord(board.data.idCodeAddress)
      const cpuid = await board.probe.readWord(CPUID)
      report.identity(board, code, cpuid)
      expect(code & 0xfff).toBe(board.data.idCode)
      expect((cpuid >>> 4) & 0xfff).toBe(board.data.core === 'cortex-m4f' ? 0xc24 : 0xc27)
      expect(board.probe.info.firmware).toMatch(/^V\d+J\d+/)
    })

    it('takes the firmware and a blank model, which the firmware refuses', { timeout: CASE_TIMEOUT_MS }, async () => {
      await flash('firmware and blank model', blank)
      const { firmwareRegion, modelRegion } = board.data
      expect(await board.probe.read(firmwareRegion.start, image.length)).toEqual(image)
      expect(await board.probe.read(modelRegion.start, blank.length)).toEqual(blank)
      hello = await session.start()
      report.clock(hello)
      expect(hello.chipId & 0xfff).toBe(board.data.idCode)
      await expect(session.firmware().openModel()).rejects.toMatchObject({ code: 'MODEL_REJECTED' })
    })

    it('writes only the sectors that changed', { timeout: CASE_TIMEOUT_MS }, async () => {
      const [first, second] = [blobOf(networkOf(SEEDS[0]!)), blobOf(networkOf(SEEDS[1]!))]
      const model = await flash('model', first)
      expect(model.firmware.writtenBytes).toBe(0)
      expect(model.model.writtenBytes).toBeGreaterThan(0)
      const again = await flash('the same again', first)
      expect([again.firmware.erasedSectors, again.model.erasedSectors]).toEqual([[], []])
      const other = await flash('another model', second)
      expect(other.firmware.erasedSectors).toEqual([])
      expect(other.model.erasedSectors.length).toBeGreaterThan(0)
    })

    it.each(SEEDS)('comes to the bytes of the interpreter, network %i', { timeout: CASE_TIMEOUT_MS }, async (seed) => {
      const graph = networkOf(seed)
      await flash(`network ${seed}`, blobOf(graph))
      await session.firmware().openModel()
      const interpreter = createInterpreter(graph)
      for (const inputs of randomInputs(graph, INPUTS, seed)) {
        const { outputs, cycles } = await session.firmware().infer(inputs.map(bytesOf))
        expect(outputs).toEqual(interpreter.run(inputs).map(bytesOf))
        report.cycles(seed, cycles)
      }
    })

    it('measures every one of a stream of inferences', { timeout: CASE_TIMEOUT_MS }, async () => {
      const graph = networkOf(SEEDS.at(-1)!)
      const [inputs] = randomInputs(graph, 1, 1)
      const wanted = createInterpreter(graph).run(inputs!).map(bytesOf)
      const seen: number[] = []
      const start = performance.now()
      for (let n = 0; n < STREAM; n++) {
        const { outputs, cycles } = await session.firmware().infer(inputs!.map(bytesOf))
        expect(outputs).toEqual(wanted)
        seen.push(cycles!)
      }
      report.stream(seen, performance.now() - start, hello)
      expect(Math.min(...seen)).toBeGreaterThan(0)
    })

    it('is found again after somebody has pressed its reset button', { timeout: CASE_TIMEOUT_MS }, async () => {
      await board.probe.pulseReset()
      expect((await session.core.state()).wasReset).toBe(true)
      await session.start()
      expect((await session.firmware().openModel()).ops).toBe(networkOf(SEEDS.at(-1)!).ops.length)
      report.passed('reset')
    })

    it(
      'can be reached under reset, and stands before its first instruction',
      { timeout: CASE_TIMEOUT_MS },
      async () => {
        const { start } = board.data.firmwareRegion
        const entry = await board.probe.readWord(addr(start + 4))
        const probe = await tested.connectUnderReset(board)
        const core = createCore(probe)
        expect((await core.state()).halted).toBe(true)
        expect(await core.readRegister('pc')).toBe((entry & ~1) >>> 0)
        await probe.close()
        board = await tested.open()
        session = await connectBoard(board)
        await session.start()
        report.passed('connect under reset')
      },
    )

    const { unplug } = tested
    if (unplug === undefined) return
    it('says that it is gone when its cable is pulled', { timeout: CASE_TIMEOUT_MS }, async () => {
      await unplug(board)
      await expect(board.probe.readWord(CPUID)).rejects.toMatchObject({ code: 'BOARD_GONE' })
      report.passed('cable out')
    })
  })
}
