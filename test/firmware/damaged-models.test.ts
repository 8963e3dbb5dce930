// Whatever happens to a packed model, the runtime refuses it or runs it within its memory: the host build's sanitizers
// watch. Blob and arena are allocated to the byte, so one read or write too far is seen.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { HEADER, layoutBytes } from '../../src-main/pack/layout.ts'
import { readPackedModel } from '../../src-main/pack/reader.ts'
import { sealBlob } from '../../src-main/pack/writer.ts'
import { damagedModel, everyWordDamaged, setWord, wholeModel, wordAt } from './damage.ts'
import { hostCase } from './equal-to-interpreter.ts'
import { runHostFirmware, type HostCase } from './host-firmware.ts'
import { randomNetwork } from './random-networks.ts'
import { RANDOM_MOVES } from './random-moves.ts'
import { RANDOM_OPS } from './random-ops.ts'

// `npm run test:deep -- damaged-models` does more of these.
const CASES = 3000

function statusCounts(cases: readonly HostCase[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { status } of runHostFirmware(cases)) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

describe('the runtime', () => {
  test('survives changed words behind a valid CRC, and finds every sort of fault', () => {
    const cases = Array.from({ length: CASES }, (_, i) => damagedModel(createRng(3_000_000 + i)))
    const counts = statusCounts(cases)
    const sorts = [...counts.keys()]
    expect(sorts).toEqual(
      expect.arrayContaining([
        'OK', // a changed weight, bias or zero point is still a model
        'BAD_MAGIC',
        'BAD_VERSION',
        'BAD_SIZE',
        'BAD_TARGET',
        'UNKNOWN_SECTION',
        'BAD_SECTION',
        'ARENA_TOO_SMALL',
        'BAD_TENSOR',
        'UNKNOWN_OP',
        'BAD_RECORD',
        'BAD_REFERENCE',
        'BAD_SHAPE',
        'BAD_PARAMETER',
        'BAD_OVERLAP',
      ]),
    )
    expect(counts.get('OK')).toBeLessThan(cases.length / 2)
  })

  test.each(Object.entries(RANDOM_OPS))('survives every odd value in every word around a %s', (_name, make) => {
    const counts = statusCounts(everyWordDamaged(hostCase(make(createRng(39)))))
    expect(counts.get('BAD_SHAPE')).toBeGreaterThan(0)
    expect(counts.get('BAD_REFERENCE')).toBeGreaterThan(0)
  })

  test.each(Object.entries(RANDOM_MOVES).filter(([kind]) => kind !== 'SQUEEZE' && kind !== 'EXPAND_DIMS'))(
    'survives every odd value in every word of the list behind a %s',
    (_name, make) => {
      const counts = statusCounts(everyWordDamaged(hostCase(make(createRng(41))), 'constants'))
      for (const status of ['BAD_SHAPE', 'BAD_REFERENCE', 'BAD_OVERLAP']) expect(counts.get(status)).toBeGreaterThan(0)
    },
  )

  test.each(['CONV_2D', 'FULLY_CONNECTED', 'DEPTHWISE_CONV_2D', 'ADD'] as const)(
    'never runs the machine code of a %s for another core, whatever word around it is odd',
    (name) => {
      const cases = Array.from({ length: 300 }, (_, i) => hostCase(RANDOM_OPS[name](createRng(60 + i)), 'generated'))
      const model = cases.find(({ blob }) => readPackedModel(blob).code.length > 0)!
      expect([...statusCounts([model]).keys()]).toEqual(['BAD_TARGET'])
      const counts = statusCounts(everyWordDamaged(model))
      expect(counts.has('OK')).toBe(false)
      for (const status of ['BAD_REFERENCE', 'BAD_OVERLAP', 'BAD_RECORD', 'BAD_SECTION'])
        expect(counts.get(status)).toBeGreaterThan(0)
    },
  )

  test('refuses every truncation', () => {
    const model = hostCase(RANDOM_OPS.CONV_2D(createRng(32)))
    const cases = Array.from({ length: model.blob.length }, (_, length) => ({
      ...model,
      blob: model.blob.slice(0, length),
    }))
    expect([...statusCounts(cases).keys()]).toEqual(['BAD_SIZE'])
  })

  test('refuses every truncation whose header was made to fit', () => {
    const model = hostCase(randomNetwork(createRng(33)))
    const first = layoutBytes(HEADER)
    const cases = Array.from({ length: model.blob.length - first }, (_, i) => {
      const blob = model.blob.slice(0, first + i)
      setWord(blob, 8, blob.length)
      sealBlob(blob)
      return { ...model, blob }
    })
    expect(statusCounts(cases).has('OK')).toBe(false)
  })

  test('notices any single flipped bit', () => {
    const model = hostCase(RANDOM_OPS.FULLY_CONNECTED(createRng(34)))
    const cases = Array.from({ length: model.blob.length * 8 }, (_, bit) => {
      const blob = model.blob.slice()
      blob[bit >> 3]! ^= 1 << (bit & 7)
      return { ...model, blob }
    })
    const counts = statusCounts(cases)
    expect(counts.has('OK')).toBe(false)
    expect(counts.get('BAD_CRC')).toBeGreaterThan(cases.length * 0.9)
  })

  test('refuses an arena one byte too small, and noise', () => {
    const model = wholeModel(createRng(35))
    const rng = createRng(36)
    const noise = Uint8Array.from({ length: 400 }, () => rng.int(256))
    const results = runHostFirmware([
      { ...model, arenaBytes: model.arenaBytes - 1 },
      { ...model, blob: noise },
    ])
    expect(results.map((result) => result.status)).toEqual(['ARENA_TOO_SMALL', 'BAD_MAGIC'])
  })

  test('refuses a blob off its alignment, and ops that are not there', () => {
    const model = hostCase(RANDOM_OPS.CONV_2D(createRng(38)))
    const results = runHostFirmware([
      { ...model, misalignBy: 4 },
      { ...model, ops: [0, 2] },
      { ...model, ops: [1, 0] },
      { ...model, ops: [1, 1] },
    ])
    expect(results[0]!.status).toBe('BAD_ALIGNMENT')
    expect(results.slice(1).flatMap((result) => result.runStatuses)).toEqual(['BAD_RANGE', 'BAD_RANGE', 'OK'])
  })

  test('says which op it refuses', () => {
    const model = hostCase(randomNetwork(createRng(37)))
    const planAt = wordAt(model.blob, layoutBytes(HEADER) + 4)
    const secondOp = planAt + wordAt(model.blob, planAt + 4)
    setWord(model.blob, secondOp, 999)
    sealBlob(model.blob)
    const [result] = runHostFirmware([model])
    expect(result).toMatchObject({ status: 'UNKNOWN_OP', failedOp: 1, runs: [] })
  })
})
