// The public MLPerf Tiny models and TFLM's stored answers. They are not part of the project: tests that need them are
// skipped where the folder is absent.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../shared/data/mlperf-tiny/', import.meta.url))

export const hasMlperfTiny = existsSync(FOLDER)

export const MLPERF_MODELS = ['kws_int8', 'ic_int8', 'ad_int8'] as const
export type MlperfModel = (typeof MLPERF_MODELS)[number]

export interface ExpectedAnswers {
  macs: number
  inputs: { bytes: number }
  ops: { op: string; macs: number }[]
  cases: { pattern: number; outputHex: string; preSoftmaxHex?: string; opCrc32: string[] }[]
}

export const mlperfFile = (name: string) => new Uint8Array(readFileSync(`${FOLDER}${name}`))

export const expectedAnswers = (model: MlperfModel) =>
  JSON.parse(readFileSync(`${FOLDER}expected/${model}.json`, 'utf8')) as ExpectedAnswers

/** Input number `k` of the stored answers: see their `patternRule`. */
export function patternInput(k: number, bytes: number): Int8Array {
  const constants = [undefined, 0x00, 0x7f, 0x80]
  let x = (0x1234567 + k) >>> 0
  return Int8Array.from({ length: bytes }, (_, i) => {
    if (k === 0) return i * 7 + 3
    if (k < 4) return constants[k]!
    x = (x ^ (x << 13)) >>> 0
    x = (x ^ (x >>> 17)) >>> 0
    x = (x ^ (x << 5)) >>> 0
    return x
  })
}
