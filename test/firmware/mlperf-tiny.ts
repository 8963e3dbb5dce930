// The MLPerf Tiny models and what TensorFlow Lite Micro answered for them. They lie beside the checkout, or are absent.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'

const FOLDER = join('..', 'shared', 'data', 'mlperf-tiny')

export const MLPERF_MODELS = ['ad', 'kws', 'ic'] as const
export type MlperfModel = (typeof MLPERF_MODELS)[number]

export const mlperfIsThere = existsSync(FOLDER)

export function readMlperfModel(model: MlperfModel): Graph {
  const file = `${model}_int8.tflite`
  return readTflite(new Uint8Array(readFileSync(join(FOLDER, file))), file)
}

export interface TflmAnswers {
  cases: readonly {
    pattern: number
    inputCrc32: string
    outputHex: string
    preSoftmaxHex?: string
    opCrc32: readonly string[]
  }[]
}

export const readTflmAnswers = (model: MlperfModel) =>
  JSON.parse(readFileSync(join(FOLDER, 'expected', `${model}_int8.json`), 'utf8')) as TflmAnswers

/** The input of pattern 0..7, as the `patternRule` of the answers' files says. */
export function tflmPattern(pattern: number, length: number): Int8Array {
  if (pattern === 0) return Int8Array.from({ length }, (_, i) => i * 7 + 3)
  if (pattern < 4) return new Int8Array(length).fill([0, 0x00, 0x7f, 0x80][pattern]!)
  let x = 0x1234567 + pattern
  return Int8Array.from({ length }, () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x
  })
}
