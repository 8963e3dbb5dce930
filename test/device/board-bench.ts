// How fast flashing and the link are on virtual boards. Not a test: nothing depends on its figures. `npm run bench:flash`
// and `npm run bench:link` bundle and run it; `--json` prints one object.
//
// An emulated second is the board's own: what the core executes at its clock, and a millisecond for each command to the
// probe (a frame of USB), however many bytes it moves: the speed of the SWD wires is not modelled. Host time is this
// machine's, emulator included.

import { readFileSync } from 'node:fs'
import { systemClock } from '../../src-main/base/clock.ts'
import { addr } from '../../src-main/base/units.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS, type BoardData } from '../../src-main/device/board-data.ts'
import { connectBoard, type BoardSession, type FlashReport } from '../../src-main/device/session.ts'
import type { FlashStep } from '../../src-main/device/flash-steps.ts'
import type { StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import type { StlinkTransport } from '../../src-main/device/stlink/transport.ts'
import { BoardHost } from '../../src-main/emulator/board-host.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { smallNetwork } from '../support/small-network.ts'
import { hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'

const PROBES: readonly StlinkGeneration[] = ['v2', 'v2-1', 'v3']
/** several sectors on every chip */
const MODEL_BYTES = 512 * 1024
const INFERENCES = 100
/** what a command to the probe takes while the core runs: a frame of full-speed USB */
const COMMAND_S = 1e-3

const imageOf = ({ id }: BoardData) => new Uint8Array(readFileSync(`assets/firmware/${id}.bin`))

const LOADER = new Uint8Array(readFileSync('assets/firmware/loader.bin'))

/** A board whose own time can be read: seconds since it was switched on. */
async function openTimed(data: BoardData, probe: StlinkGeneration) {
  const host = new BoardHost(data, { probe })
  const { machine } = host
  const { core, scheduler, rcc } = machine
  let [seconds, last] = [0, scheduler.now]
  const look = () => {
    seconds += (scheduler.now - last) / rcc.coreHz
    last = scheduler.now
  }
  // The core runs in commands alone; the time of one that stands still passes by itself.
  const run = machine.run.bind(machine)
  machine.run = () => 'halted'
  const frame = () => {
    const end = scheduler.now + Math.ceil(COMMAND_S * rcc.coreHz)
    while (scheduler.now < end && !core.debug.halted && !core.lockedUp) {
      if (run(end - scheduler.now) === 'asleep') machine.sleep(end - scheduler.now)
    }
  }
  const transport: StlinkTransport = {
    exchange: async (commands) => {
      const answers: Uint8Array[] = []
      for (const command of commands) {
        look() // the clock may change with any of them
        frame()
        const reply = host.serve({ kind: 'probe', commands: [command] })
        if (!reply.ok) throw new Error(reply.error.message)
        answers.push((reply.value as Uint8Array[])[0]!)
      }
      await new Promise((resolve) => setImmediate(resolve))
      look()
      return answers
    },
    close: () => Promise.resolve(),
  }
  const board = {
    ...{ id: `virtual:${data.id}`, data, provenance: 'emulated' as const, timing: data.timing },
    probe: await openStlinkProbe(transport, { serial: data.id }),
    close: () => Promise.resolve(host.close()),
  }
  return { board, seconds: () => seconds }
}

interface FlashRow {
  board: string
  probe: StlinkGeneration
  what: 'firmware and model' | 'one byte changed' | 'nothing changed'
  /** programmed, or compared where nothing was */
  bytes: number
  erasedSectors: number
  emulatedSeconds: number
  hostSeconds: number
  /** by the board's own time */
  bytesPerEmulatedSecond: number
  bytesPerHostSecond: number
  programmedBy: FlashReport['programmedBy']
  /** of the board's own time */
  stepSeconds: Partial<Record<FlashStep, number>>
}

async function measureFlash(data: BoardData, probe: StlinkGeneration, loader?: Uint8Array): Promise<FlashRow[]> {
  const { board, seconds } = await openTimed(data, probe)
  try {
    // The session's steps and its limits of time are the board's.
    const session = await connectBoard(board, { ...systemClock, monotonicMs: () => 1000 * seconds() })
    const image = imageOf(data)
    const rng = createRng(1)
    const model = Uint8Array.from({ length: MODEL_BYTES }, () => rng.int(256))
    const changed = model.slice()
    changed[MODEL_BYTES - 1]! ^= 1
    const run = async (what: FlashRow['what'], blob: Uint8Array, bytes: (report: FlashReport) => number) => {
      const [emulated, host] = [seconds(), performance.now()]
      const report = await session.flash(image, blob, { loader })
      const [emulatedSeconds, hostSeconds] = [seconds() - emulated, (performance.now() - host) / 1000]
      const start = addr(data.modelRegion.start + MODEL_BYTES - 16)
      const tail = await board.probe.read(start, 16)
      if (!Buffer.from(tail).equals(blob.subarray(-16))) throw new Error(`${data.id}: flash holds something else.`)
      const count = bytes(report)
      return {
        ...{ board: data.id, probe, what, bytes: count, emulatedSeconds, hostSeconds },
        erasedSectors: report.firmware.erasedSectors.length + report.model.erasedSectors.length,
        bytesPerEmulatedSecond: count / emulatedSeconds,
        bytesPerHostSecond: count / hostSeconds,
        programmedBy: report.programmedBy,
        stepSeconds: Object.fromEntries(report.steps.map(({ name, ms }) => [name, ms / 1000])),
      }
    }
    const written = ({ firmware, model: own }: FlashReport) => firmware.writtenBytes + own.writtenBytes
    return [
      await run('firmware and model', model, written),
      await run('one byte changed', changed, written),
      await run('nothing changed', changed, () => image.length + model.length),
    ]
  } finally {
    await board.close()
  }
}

interface LinkRow {
  board: string
  model: string
  resultsPerSecond: number
  hostMsMin: number
  hostMsP50: number
}

/** With the same input every time, so that what varies is not the model. */
async function measureLink(data: BoardData, graph: Graph): Promise<LinkRow> {
  const board = await openVirtualBoard(data)
  try {
    const session: BoardSession = await connectBoard(board)
    await session.flash(imageOf(data), packModel(planModel(graph, data)).blob)
    const firmware = session.firmware()
    const { inputs } = await firmware.openModel()
    const rng = createRng(1)
    const input = inputs.map(({ bytes }) => Uint8Array.from({ length: bytes }, () => rng.int(256)))
    await firmware.infer(input)
    const times: number[] = []
    for (let n = 0; n < INFERENCES; n++) {
      const start = performance.now()
      await firmware.infer(input)
      times.push(performance.now() - start)
    }
    const sorted = [...times].sort((a, b) => a - b)
    const total = times.reduce((sum, ms) => sum + ms, 0)
    return {
      ...{ board: data.id, model: graph.name, resultsPerSecond: (1000 * INFERENCES) / total },
      ...{ hostMsMin: sorted[0]!, hostMsP50: sorted[INFERENCES >> 1]! },
    }
  } finally {
    await board.close()
  }
}

const kb = (n: number) => `${(n / 1024).toFixed(1)} KB`

async function benchFlash(json: boolean): Promise<void> {
  const rows: FlashRow[] = []
  for (const data of BOARDS) {
    const ways = PROBES.flatMap((probe) => [LOADER, undefined].map((loader) => ({ probe, loader })))
    for (const { probe, loader } of ways) {
      for (const row of await measureFlash(data, probe, loader)) {
        rows.push(row)
        if (json) continue
        const { board, what, bytes, erasedSectors, emulatedSeconds, hostSeconds, programmedBy, stepSeconds } = row
        const emulated = `${emulatedSeconds.toFixed(2)} s emulated (${kb(row.bytesPerEmulatedSecond)}/s)`
        const host = `${hostSeconds.toFixed(2)} s here (${kb(row.bytesPerHostSecond)}/s)`
        const steps = (['compare', 'erase', 'write', 'verify'] as const)
          .flatMap((name) => (stepSeconds[name] === undefined ? [] : `${name} ${stepSeconds[name].toFixed(2)} s`))
          .join(', ')
        console.log(
          `${board} · ST-Link ${probe} · by the ${programmedBy} · ${what}: ${kb(bytes)}, ${erasedSectors} sectors erased` +
            ` · ${emulated}: ${steps} · ${host}`,
        )
      }
    }
  }
  if (json) console.log(JSON.stringify({ provenance: 'emulated', rows }))
}

async function benchLink(json: boolean): Promise<void> {
  const rows: LinkRow[] = []
  const graph = hasMlperfTiny ? readTflite(mlperfFile('ad_int8.tflite'), 'ad_int8') : smallNetwork(1)
  for (const data of BOARDS) {
    const row = await measureLink(data, graph)
    rows.push(row)
    if (json) continue
    const { board, model, resultsPerSecond, hostMsMin, hostMsP50 } = row
    const times = `fastest ${hostMsMin.toFixed(1)} ms, median ${hostMsP50.toFixed(1)} ms of host time`
    console.log(`${board} · ${model}: ${resultsPerSecond.toFixed(1)} results a second · ${times}`)
  }
  if (json) console.log(JSON.stringify({ provenance: 'host', rows }))
}

const [name, ...flags] = process.argv.slice(2)
await (name === 'link' ? benchLink : benchFlash)(flags.includes('--json'))
