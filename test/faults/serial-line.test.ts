// What a serial line can do to bytes, on the virtual boards: one byte lost, doubled, damaged or late at a sample of all
// positions of a conversation, and lines that stay bad. What can be asked again is; everything else ends in an error.

import { beforeAll, describe, expect, test } from 'vitest'
import { toAppError } from '../../src-main/base/errors.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { BASE_BAUD, MAX_BAUD } from '../../src-main/device/link-protocol.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { FaultyLine, type Direction, type LineFault } from './faulty-line.ts'

const { graph, inputs } = randomNetwork(createRng(41))
const raw = inputs.map(bytesOf)
const wanted = createInterpreter(graph).run(inputs).map(bytesOf)

const lineOf = (id: string, change?: ConstructorParameters<typeof FaultyLine>[2]) =>
  new FaultyLine(id, packModel(planModel(graph, findBoardData(id)!)).blob, change)

/** The first words, a model, an inference, at one rate: what came out, or the code of the error. */
async function converse(line: FaultyLine, baud: number): Promise<Uint8Array[] | string> {
  const { link, firmware } = line.connect()
  try {
    await firmware.hello()
    if (baud !== BASE_BAUD) await link.changeBaud(baud)
    await firmware.openModel()
    const { outputs } = await firmware.infer(raw, { timeoutMs: RUN_MS })
    if (baud !== BASE_BAUD) await link.changeBaud(BASE_BAUD)
    return outputs
  } catch (error) {
    return toAppError(error).code
  }
}

/** of emulated time: far more than the model takes */
const RUN_MS = 8000

const DIRECTIONS: readonly Direction[] = ['to the board', 'to the host']

/** Of the byte at one position. */
const KINDS: Record<string, (value: number, random: number) => ReturnType<LineFault>> = {
  lost: () => ({ values: [] }),
  doubled: (value) => ({ values: [value, value] }),
  damaged: (value, random) => ({ values: [value ^ (1 << (random % 8))] }),
  'late by 40 ms': (value) => ({ values: [value], delayMs: 40 }),
  'late by 1.5 s': (value) => ({ values: [value], delayMs: 1500 }),
}

describe.each([
  { id: 'stm32f407', baud: BASE_BAUD, samples: 2 },
  { id: 'stm32f746', baud: MAX_BAUD, samples: 1 },
  { id: 'stm32h743', baud: MAX_BAUD, samples: 1 },
])('$id at $baud baud', ({ id, baud, samples }) => {
  let line: FaultyLine
  let counts: Record<Direction, number>

  beforeAll(async () => {
    line = lineOf(id)
    expect(await converse(line, baud)).toEqual(wanted)
    line.strike(line.fault)
    expect(await converse(line, baud)).toEqual(wanted)
    counts = line.passed
  }, 60_000)

  test.each(DIRECTIONS.flatMap((direction) => Object.keys(KINDS).map((kind) => ({ direction, kind }))))(
    'one byte $direction $kind: it is asked again',
    async ({ direction, kind }) => {
      const rng = createRng(kind.length * 31 + direction.length)
      for (let sample = 0; sample < samples; sample++) {
        const position = rng.int(counts[direction])
        const random = rng.int(256)
        line.strike((way, index, value) =>
          way === direction && index === position ? KINDS[kind]!(value, random) : { values: [value] },
        )
        expect(await converse(line, baud), `byte ${position} of ${counts[direction]}`).toEqual(wanted)
        line.mend()
      }
    },
    120_000,
  )

  test.each(DIRECTIONS)(
    'nothing arrives any more %s: an error, and all is well when the wire is',
    async (direction) => {
      const rng = createRng(5)
      for (let sample = 0; sample < samples; sample++) {
        const from = rng.int(counts[direction])
        line.strike((way, index, value) => ({ values: way === direction && index >= from ? [] : [value] }))
        expect(await converse(line, baud)).toMatch(/^(BOARD_TIMEOUT|LINK_CORRUPT|SERIAL_RATE)$/)
        line.mend()
        expect(await converse(line, baud)).toEqual(wanted)
      }
    },
    120_000,
  )

  test.each(DIRECTIONS)(
    'every 20th byte %s is damaged: an error, and all is well when the line is',
    async (way) => {
      line.strike((direction, index, value) => ({
        values: [direction === way && index % 20 === 19 ? value ^ 0x10 : value],
      }))
      expect(await converse(line, baud)).toMatch(/^(BOARD_TIMEOUT|LINK_CORRUPT|SERIAL_RATE)$/)
      line.mend()
      expect(await converse(line, baud)).toEqual(wanted)
    },
    120_000,
  )
})
