// A file from outside may be damaged in any way: the reader gives a sound graph or an AppError, soon, and never takes
// more memory than the file is worth.

import { expect, test } from 'vitest'
import { AppError } from '../../src-main/base/errors.ts'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { writeTflite } from '../../src-main/formats/tflite/write-tflite.ts'
import { graphProblems } from '../../src-main/ir/check.ts'
import { elementCount } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { allocateTensor, tensorAt } from '../../src-main/ir/tensor-access.ts'
import { smallNetwork } from '../support/small-network.ts'

const EXTREMES = [0, 1, -1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, -0x80000000, 0x1000000]

function flipByte(file: Uint8Array, rng: Rng) {
  file[rng.int(file.length)] = rng.int(256)
}

const DAMAGES: Record<string, (file: Uint8Array, rng: Rng) => Uint8Array> = {
  'one byte'(file, rng) {
    flipByte(file, rng)
    return file
  },
  'some bytes'(file, rng) {
    for (let i = 0; i < 20; i++) flipByte(file, rng)
    return file
  },
  'an extreme word'(file, rng) {
    const view = new DataView(file.buffer)
    for (let i = 0; i <= rng.int(3); i++)
      view.setInt32(4 * rng.int(file.length >> 2), EXTREMES[rng.int(EXTREMES.length)]!, true)
    return file
  },
  'a word of another place'(file, rng) {
    const view = new DataView(file.buffer)
    view.setInt32(4 * rng.int(file.length >> 2), view.getInt32(4 * rng.int(file.length >> 2), true), true)
    return file
  },
  zeroed(file, rng) {
    const from = rng.int(file.length)
    return file.fill(0, from, from + rng.int(64))
  },
  moved(file, rng) {
    const from = rng.int(file.length)
    return file.copyWithin(rng.int(file.length), from, from + rng.int(256))
  },
  cut(file, rng) {
    return file.slice(0, rng.int(file.length))
  },
}

const ROUNDS = 700

test.each(Object.entries(DAMAGES))('%s', (name, damage) => {
  const sound = writeTflite(smallNetwork(1))
  let refused = 0
  for (let seed = 0; seed < ROUNDS; seed++) {
    const file = damage(sound.slice(), createRng(seed).fork(name))
    const started = performance.now()
    try {
      const graph = readTflite(file, 'damaged')
      expect(graphProblems(graph)).toEqual([])
      if (seed % 8 > 0) continue
      const inputs = graph.inputs.map((id) => tensorAt(graph, id)).map((t) => allocateTensor(t, elementCount(t.shape)))
      createInterpreter(graph).run(inputs)
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown
      expect([
        'MODEL_CORRUPT',
        'MODEL_INVALID',
        'MODEL_OPS_UNSUPPORTED',
        'MODEL_DTYPE_UNSUPPORTED',
        'MODEL_TOO_LARGE',
      ]).toContain(thrown.code)
      expect(thrown.message.length).toBeLessThan(4000)
      refused++
    } finally {
      expect(performance.now() - started).toBeLessThan(5000)
    }
  }
  // the damage has to be damage, and not only to the first bytes
  expect(refused).toBeGreaterThan(ROUNDS / 50)
})
