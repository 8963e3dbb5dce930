// MLPerf Tiny's commands on the firmware built for this machine, with the sanitizers on: what comes out of a serial line
// into which anything may come.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { encodeFrame, FrameReceiver } from '../../src-main/device/frame.ts'
import { ANSWER_BIT, FRAME_TYPES } from '../../src-main/device/link-protocol.ts'
import { BYTES_PER_COMMAND, MAX_COMMAND, MLPERF_TASKS } from '../../src-main/device/mlperf-protocol.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { mlperfNetwork, mlperfWindow } from '../support/mlperf-network.ts'
import { runSerialFirmware } from './host-firmware.ts'
import { RANDOM_OPS } from './random-ops.ts'

const BOARD = findBoardData('stm32f407')!
const RAM = 100_000
const DAMAGED = 150
const BANNER = 'm-timestamp-mode-performance\r\nm-lap-us-#\r\nm-init-done\r\nm-ready\r\n'
const NAMED = 'm-name-dut-[thimble]\r\nm-ready\r\n'

const KWS = MLPERF_TASKS[0]
const kws = mlperfNetwork(KWS, createRng(1))
const kwsBlob = packModel(planModel(kws, BOARD)).blob

/** What is said behind the banner; microseconds are `#`. */
function answers(arriving: string | Uint8Array, { blob = kwsBlob, ram = RAM, pieceBytes = 64 } = {}): string {
  const bytes = typeof arriving === 'string' ? Buffer.from(arriving, 'latin1') : arriving
  const said = runSerialFirmware({ blob, arenaBytes: ram, arriving: bytes, pieceBytes }).toString('latin1')
  const text = said.replace(/m-lap-us-\d+/g, 'm-lap-us-#')
  expect(text.slice(0, BANNER.length)).toBe(BANNER)
  return text.slice(BANNER.length)
}

const loadCommands = (bytes: Uint8Array) =>
  `db load ${bytes.length}%` +
  Array.from(
    { length: Math.ceil(bytes.length / BYTES_PER_COMMAND) },
    (_, i) => `db ${Buffer.from(bytes.subarray(i * BYTES_PER_COMMAND, (i + 1) * BYTES_PER_COMMAND)).toString('hex')}%`,
  ).join('')

describe.each(MLPERF_TASKS)('$id', (task) => {
  test.each([1, 2, 3])('is recognised, loaded, run and scored as the interpreter has it, seed %i', (seed) => {
    const graph = mlperfNetwork(task, createRng(seed))
    const { loaded, expected } = mlperfWindow(graph, task, createRng(seed + 100))
    const blob = packModel(planModel(graph, BOARD)).blob
    const said = answers(`name%profile%${loadCommands(loaded)}infer 3 2%results%`, { blob })
    const results = `m-results-[${expected.map((value) => value.toFixed(6)).join(',')}]\r\n`
    const pieces = Math.ceil(loaded.length / BYTES_PER_COMMAND)
    expect(said).toBe(
      NAMED +
        `m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[${task.id}]\r\nm-ready\r\n` +
        `m-[Expecting ${loaded.length} bytes]\r\nm-ready\r\n` +
        'm-ready\r\n'.repeat(pieces - 1) +
        'm-load-done\r\nm-ready\r\n' +
        'm-warmup-start-2\r\nm-warmup-done\r\nm-infer-start-3\r\nm-lap-us-#\r\nm-lap-us-#\r\nm-infer-done\r\n' +
        `${results}m-ready\r\n${results}m-ready\r\n`,
    )
  })
})

test('time goes on between the two laps of an inference', () => {
  const { loaded } = mlperfWindow(kws, KWS, createRng(5))
  const said = runSerialFirmware({
    blob: kwsBlob,
    arenaBytes: RAM,
    arriving: Buffer.from(`name%${loadCommands(loaded)}infer 100 0%`),
  }).toString()
  const [, start, end] = /m-lap-us-(\d+)\r\nm-lap-us-(\d+)/.exec(said)!.map(Number) as [number, number, number]
  expect(end - start).toBeGreaterThanOrEqual(200) // the played clock: a microsecond at each look, two ops a run
  expect(end - start).toBeLessThan(300)
})

test('prints what was loaded, eight bytes a line', () => {
  const said = answers('name%db load 10%db 00017f80ff%db 0a0b0c0d0eEE%db print%')
  expect(said).toBe(
    `${NAMED}m-[Expecting 10 bytes]\r\nm-ready\r\nm-ready\r\nm-load-done\r\nm-ready\r\n` +
      'm-buffer-00-01-7f-80-ff-0a-0b-0c\r\nm-buffer-0d-0e\r\nm-ready\r\n',
  )
})

test('stands by its inputs: an inference that overwrites its own leaves them as they were', () => {
  const { loaded, expected } = mlperfWindow(kws, KWS, createRng(6))
  const said = answers(`name%${loadCommands(loaded)}infer 1 0%infer 7 3%`)
  const results = [...said.matchAll(/m-results-\[([^\]]+)\]/g)].map((match) => match[1]!.split(',').map(Number))
  expect(results).toEqual([expected, expected])
})

describe('refuses', () => {
  const ready = (line: string) => `${NAMED}${line}\r\nm-ready\r\n`

  test.each([
    ['frobnicate 7', 'e-[Unknown command: frobnicate]'],
    ['', 'e-[Unknown command: ]'],
    ['NAME', 'e-[Unknown command: NAME]'],
    ['db', "e-[Command 'db' requires a subcommand]"],
    ['db load', "e-[Command 'db load' must be >0 bytes]"],
    ['db load 0', "e-[Command 'db load' must be >0 bytes]"],
    ['db load -4', "e-[Command 'db load' must be >0 bytes]"],
    ['db load 4294967297', "e-[Command 'db load' must be >0 bytes]"],
    ['db load 491', 'e-[The input takes no more than 490 bytes]'],
    ['db 00', "e-[No bytes are expected: 'db load' first]"],
    ['db 0', 'e-[Insufficient number of hex digits]'],
    ['db 0g', 'e-[Invalid hex digit in 0g]'],
    ['infer 0', 'e-[Inference iterations must be >0]'],
    ['infer 99999999999999999999', 'e-[Inference iterations must be >0]'],
    ['infer 1 x', 'e-[Inference warmup must be >=0]'],
    ['infer 1 1', 'e-[The input takes 490 bytes: load them first]'],
    ['results', 'e-[Nothing was inferred yet]'],
    ['db \x9901', 'e-[The command arrived damaged]'],
    [`db ${'0'.repeat(MAX_COMMAND - 2)}`, `e-[A command has no more than ${MAX_COMMAND} characters]`],
    ['x'.repeat(5000), `e-[A command has no more than ${MAX_COMMAND} characters]`],
  ])('%j', (command, line) => {
    expect(answers(`name%${command}%`)).toBe(ready(line))
    expect(answers(`name%${command}%name%`)).toBe(ready(line) + NAMED)
  })

  test('a command of 80 characters is still whole', () => {
    expect(answers(`name%${'x'.repeat(MAX_COMMAND)}%`)).toBe(ready(`e-[Unknown command: ${'x'.repeat(MAX_COMMAND)}]`))
  })

  test('to infer on half an input', () => {
    const said = answers('name%db load 490%db 0102%infer 1 0%')
    expect(said).toContain('e-[The input takes 490 bytes: load them first]')
  })

  test('a model that is none of the four, one that is damaged, one that leaves no RAM', () => {
    const { graph } = RANDOM_OPS.SOFTMAX(createRng(3))
    const plan = planModel(graph, BOARD, { kernels: 'plain' })
    const other = packModel(plan).blob
    const profile = `${NAMED}m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n`
    const none = 'e-[The model in flash is not kws01, ic01, vww01 or ad01]\r\nm-ready\r\n'
    expect(answers('name%profile%', { blob: other })).toBe(profile + none)
    const damaged = kwsBlob.slice()
    damaged[100]! ^= 1
    expect(answers('name%profile%', { blob: damaged })).toBe(`${profile}e-[No model: BAD_CRC]\r\nm-ready\r\n`)
    const ram = planModel(kws, BOARD).arenaBytes + 100
    const full = 'e-[The model leaves no RAM for its input]\r\nm-ready\r\n'
    expect(answers('name%profile%', { ram })).toBe(profile + full)
  })
})

describe('beside frames', () => {
  const hello = encodeFrame({ type: FRAME_TYPES.hello.value, sequence: 7, payload: new Uint8Array(0) })
  const text = (line: string) => Buffer.from(line, 'latin1')

  test('says nothing before a runner says name, whatever comes', () => {
    expect(answers('profile%infer 1 1%\x00\xffnam%help%% name%name %')).toBe('')
    expect(answers('\x00\x80db 01\x1bname%')).toBe(NAMED)
  })

  test.each([1, 3, 64, 2000])('text and frames, %i bytes at a time, do not disturb each other', (pieceBytes) => {
    const said = answers(Buffer.concat([hello, text('name%'), hello, text('timestamp%name%')]), { pieceBytes })
    const frames = new FrameReceiver().push(Buffer.from(said, 'latin1'))
    const { type, sequence } = frames[0]!
    expect([frames.length, type, sequence]).toEqual([2, FRAME_TYPES.hello.value | ANSWER_BIT, 7])
    // The frame ends the text: the timestamp is not answered, the name begins anew.
    expect(said.split(NAMED)).toHaveLength(3)
    expect(said).not.toContain('m-lap')
  })

  test('whatever is lost, doubled or changed on the line, the next command is answered', () => {
    const { loaded } = mlperfWindow(kws, KWS, createRng(8))
    const conversation = text(`name%profile%${loadCommands(loaded)}infer 2 1%db print%results%help%`)
    const rng = createRng(21)
    const arriving = [...text('name%')]
    const expected: string[] = []
    for (let i = 0; i < DAMAGED; i++) {
      for (const byte of conversation) {
        const fate = rng.int(200)
        arriving.push(...(fate === 0 ? [] : fate === 1 ? [byte, byte] : fate === 2 ? [rng.int(256)] : [byte]))
      }
      arriving.push(...text(`%mark ${i}%mark-${i}%`))
      expected.push(`mark-${i}`)
    }
    const said = answers(Uint8Array.from(arriving), { pieceBytes: 37 })
    expect([...said.matchAll(/Unknown command: (mark-\d+)\]\r\nm-ready/g)].map((match) => match[1])).toEqual(expected)
  })
})
