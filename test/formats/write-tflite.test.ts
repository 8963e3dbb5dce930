import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src-main/base/hash.ts'
import { withExplicitBias } from '../../src-main/formats/tflite/explicit-bias.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { writeTflite } from '../../src-main/formats/tflite/write-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { RANDOM_OPS, randomInt8Graph } from '../support/random-graph.ts'

/** Big typed arrays compare quickly as hashes. */
const comparable = (graph: Graph) => ({
  ...graph,
  tensors: graph.tensors.map(({ data, ...tensor }) => ({
    ...tensor,
    data: data && `${data.constructor.name} ${sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`,
  })),
})

describe('what is written reads back as the same graph', () => {
  test.each([...RANDOM_OPS, 'ARG_MAX' as const])('%s', (kind) => {
    for (let seed = 0; seed < 25; seed++) {
      const graph = randomInt8Graph(seed, kind)
      const bytes = writeTflite(graph)
      expect(comparable(readTflite(bytes, graph.name))).toEqual(comparable(withExplicitBias(graph)))
      expect(Buffer.from(writeTflite(readTflite(bytes, graph.name))).equals(bytes)).toBe(true)
    }
  })

  test.skipIf(!hasMlperfTiny).each(['kws_int8', 'kws_float32', 'ic_int8', 'ic_float32', 'ad_int8', 'ad_float32'])(
    '%s',
    (name) => {
      const graph = readTflite(mlperfFile(`${name}.tflite`), name)
      expect(comparable(readTflite(writeTflite(graph), name))).toEqual(comparable(graph))
    },
  )
})
