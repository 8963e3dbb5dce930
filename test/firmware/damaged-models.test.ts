// Whatever happens to a packed model, the runtime refuses it or runs it within its memory: the host build's sanitizers
// watch. Blob and arena are allocated to the byte, so one read or write too far is seen.

import { describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { layoutBytes, HEADER, SECTION } from '../../src-main/pack/layout.ts'
import { sealBlob } from '../../src-main/pack/writer.ts'
import { caseCount, hostCase } from './equal-to-interpreter.ts'
import { runHostFirmware, type HostCase } from './host-firmware.ts'
import { between, chance, pick } from './random-graph.ts'
import { randomNetwork } from './random-networks.ts'
import { RANDOM_OPS } from './random-ops.ts'

const MAKERS = [...Object.values(RANDOM_OPS), randomNetwork]

const wholeModel = (rng: Rng): HostCase =>
  hostCase(pick<(rng: Rng) => Parameters<typeof hostCase>[0]>(rng, MAKERS)(rng))

const wordAt = (blob: Uint8Array, at: number) => new DataView(blob.buffer, blob.byteOffset).getUint32(at, true)
const setWord = (blob: Uint8Array, at: number, value: number) =>
  new DataView(blob.buffer, blob.byteOffset).setUint32(at, value >>> 0, true)

/** Values that bounds checks get wrong. */
const ODD_WORDS = [
  0, 1, 2, 3, 5, 127, 128, 255, 256, 32767, 32768, 65536, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
]
const oddWord = (rng: Rng, before: number) =>
  pick(rng, [pick(rng, ODD_WORDS), -pick(rng, ODD_WORDS), before + between(rng, -4, 4), before * 2, rng.uint32()])

/** Changes a few words of header, tables and records, where a mistake does most; sometimes anything. */
function damageWords(rng: Rng, blob: Uint8Array): void {
  const constantsAt = wordAt(blob, layoutBytes(HEADER) + 2 * layoutBytes(SECTION) + 4)
  for (let i = between(rng, 1, 3); i > 0; i--) {
    const end = chance(rng, 0.85) ? constantsAt : blob.length
    const at = 4 * rng.int(Math.floor(end / 4))
    setWord(blob, at, oddWord(rng, wordAt(blob, at)))
  }
}

function statusCounts(cases: readonly HostCase[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { status } of runHostFirmware(cases)) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

const copyOf = (model: HostCase): HostCase => ({ ...model, blob: model.blob.slice() })

describe('the runtime', () => {
  test('survives changed words behind a valid CRC, and finds every sort of fault', () => {
    const cases = Array.from({ length: caseCount(6000) }, (_, i) => {
      const rng = createRng(31).fork(`words ${i}`)
      const model = copyOf(wholeModel(rng))
      damageWords(rng, model.blob)
      sealBlob(model.blob)
      return model
    })
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
      ]),
    )
    expect(counts.get('OK')).toBeLessThan(cases.length / 2)
  })

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

  test('says which op it refuses', () => {
    const model = copyOf(hostCase(randomNetwork(createRng(37))))
    const planAt = wordAt(model.blob, layoutBytes(HEADER) + 4)
    const secondOp = planAt + wordAt(model.blob, planAt + 4)
    setWord(model.blob, secondOp, 999)
    sealBlob(model.blob)
    const [result] = runHostFirmware([model])
    expect(result).toMatchObject({ status: 'UNKNOWN_OP', failedOp: 1, runs: [] })
  })
})
