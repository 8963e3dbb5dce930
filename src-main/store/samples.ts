// One inference on the board after another, packed: thousands a run, so a row holds a batch.
// A record is 21 bytes, little-endian: latency_us f64, score f64 (NaN: none), cycles u32 (all ones: absent),
// label u8 (255: none). The index is the row's first index plus the position.

import type { Sample } from '../contract/run.ts'
import type { Database } from './sqlite-binding.ts'

const RECORD_BYTES = 21
const NO_CYCLES = 0xffffffff
const NO_LABEL = 255

function packSamples(samples: readonly Sample[]): Buffer {
  const data = Buffer.alloc(samples.length * RECORD_BYTES)
  samples.forEach((sample, i) => {
    const at = i * RECORD_BYTES
    data.writeDoubleLE(sample.latency_us, at)
    data.writeDoubleLE(sample.score ?? NaN, at + 8)
    data.writeUInt32LE(sample.cycles ?? NO_CYCLES, at + 16)
    data.writeUInt8(sample.label ?? NO_LABEL, at + 20)
  })
  return data
}

function unpackSamples(firstIndex: number, data: Buffer): Sample[] {
  return Array.from({ length: data.length / RECORD_BYTES }, (_, i) => {
    const at = i * RECORD_BYTES
    const score = data.readDoubleLE(at + 8)
    const cycles = data.readUInt32LE(at + 16)
    const label = data.readUInt8(at + 20)
    return {
      index: firstIndex + i,
      latency_us: data.readDoubleLE(at),
      cycles: cycles === NO_CYCLES ? null : cycles,
      score: Number.isNaN(score) ? null : score,
      label: label === 0 || label === 1 ? label : null,
    }
  })
}

export type Samples = ReturnType<typeof createSamples>

export function createSamples(database: Database) {
  const add = database.prepare('INSERT INTO samples (run_id, first_index, count, data) VALUES (?, ?, ?, ?)')
  return {
    /** The next inferences of a run: their indices follow each other. */
    add(runId: number, samples: readonly Sample[]): void {
      if (samples.length > 0) add.run(runId, samples[0]!.index, samples.length, packSamples(samples))
    },

    ofRun(runId: number): Sample[] {
      return database
        .prepare<[number], { first_index: number; data: Buffer }>(
          'SELECT first_index, data FROM samples WHERE run_id = ? ORDER BY first_index',
        )
        .all(runId)
        .flatMap((row) => unpackSamples(row.first_index, row.data))
    },
  }
}
