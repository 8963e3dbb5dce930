// Packed models with a few words changed behind a valid CRC.

import type { Rng } from '../../src-main/base/rng.ts'
import { CONSTANT_BIT, HEADER, SECTION, layoutBytes } from '../../src-main/pack/layout.ts'
import { sealBlob } from '../../src-main/pack/writer.ts'
import { hostCase } from './equal-to-interpreter.ts'
import type { HostCase } from './host-firmware.ts'
import { between, chance, pick, type RandomCase } from './random-graph.ts'
import { randomNetwork } from './random-networks.ts'
import { RANDOM_OPS } from './random-ops.ts'

const MAKERS: readonly ((rng: Rng) => RandomCase)[] = [...Object.values(RANDOM_OPS), randomNetwork]

export const wholeModel = (rng: Rng): HostCase => hostCase(pick(rng, MAKERS)(rng))

export function damagedModel(rng: Rng): HostCase {
  const model = wholeModel(rng)
  damageWords(rng, model.blob)
  sealBlob(model.blob)
  return model
}

export const wordAt = (blob: Uint8Array, at: number) => new DataView(blob.buffer, blob.byteOffset).getUint32(at, true)

export const setWord = (blob: Uint8Array, at: number, value: number) =>
  new DataView(blob.buffer, blob.byteOffset).setInt32(at, value, true) // modulo 2^32

/** Values that bounds checks get wrong. */
const ODD_WORDS = [
  0, 1, 2, 3, 5, 127, 128, 255, 256, 32767, 32768, 65536, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
]

/** A model for each odd value of each word between the blob's start and its constants, or of the constants alone. */
export function everyWordDamaged(model: HostCase, where: 'plan' | 'constants' = 'plan'): HostCase[] {
  const cases: HostCase[] = []
  const [start, end] = where === 'plan' ? [0, constantsAt(model.blob)] : [constantsAt(model.blob), model.blob.length]
  for (let at = start; at < end; at += 4) {
    const before = wordAt(model.blob, at)
    const near = [before - 1, before + 1, before * 2, before ^ CONSTANT_BIT]
    for (const value of [...ODD_WORDS, ...ODD_WORDS.map((word) => -word), ...near]) {
      const blob = model.blob.slice()
      setWord(blob, at, value)
      sealBlob(blob)
      cases.push({ ...model, blob })
    }
  }
  return cases
}

const constantsAt = (blob: Uint8Array) => wordAt(blob, layoutBytes(HEADER) + 2 * layoutBytes(SECTION) + 4)

const oddWord = (rng: Rng, before: number) =>
  pick(rng, [pick(rng, ODD_WORDS), -pick(rng, ODD_WORDS), before + between(rng, -4, 4), before * 2, rng.uint32()])

/** Mostly in header, tables and records, where a mistake does most; sometimes anywhere. */
function damageWords(rng: Rng, blob: Uint8Array): void {
  const tablesEnd = constantsAt(blob)
  for (let i = between(rng, 1, 3); i > 0; i--) {
    const end = chance(rng, 0.85) ? tablesEnd : blob.length
    const at = 4 * rng.int(Math.floor(end / 4))
    setWord(blob, at, oddWord(rng, wordAt(blob, at)))
  }
}
