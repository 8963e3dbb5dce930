// How the arena is laid out.
//
// Two buffers may share bytes when they are never alive at the same op. Placing them is a strip-packing problem; the
// greedy answer that TFLite Micro also uses is good and simple: take the buffers by falling size, and put each at the
// lowest offset where it meets no buffer placed before whose life overlaps its own. The big ones meet an empty arena,
// the small ones fill the gaps.
//
// No layout can be smaller than the bytes that are alive together at the busiest op. That lower bound is reported
// beside the result, so that it shows when the greedy order loses something.

import { bytes, type Bytes } from '../base/units.ts'
import type { ActivationBuffer } from './lifetimes.ts'

/** Kernels and later DSP code load whole words. */
const ARENA_ALIGNMENT = 4

const aligned = (n: number) => Math.ceil(n / ARENA_ALIGNMENT) * ARENA_ALIGNMENT

export interface PlacedBuffer extends ActivationBuffer {
  offset: Bytes
}

const aliveTogether = (a: ActivationBuffer, b: ActivationBuffer) => a.firstOp <= b.lastOp && b.firstOp <= a.lastOp

/** First fit by size. The result keeps the order of `buffers`. */
export function placeBuffers(buffers: readonly ActivationBuffer[]): { buffers: PlacedBuffer[]; arenaBytes: Bytes } {
  const placed = new Map<ActivationBuffer, PlacedBuffer>()
  const bySize = [...buffers].sort((a, b) => b.bytes - a.bytes || a.firstOp - b.firstOp)
  for (const buffer of bySize) {
    const neighbours = [...placed.values()]
      .filter((other) => aliveTogether(buffer, other))
      .sort((a, b) => a.offset - b.offset)
    let offset = 0
    for (const other of neighbours) {
      if (offset + buffer.bytes <= other.offset) break
      offset = Math.max(offset, aligned(other.offset + other.bytes))
    }
    placed.set(buffer, { ...buffer, offset: bytes(offset) })
  }
  const result = buffers.map((buffer) => placed.get(buffer)!)
  return { buffers: result, arenaBytes: bytes(Math.max(0, ...result.map((b) => aligned(b.offset + b.bytes)))) }
}

/** What is alive at one op. */
export const aliveAt = <B extends ActivationBuffer>(buffers: readonly B[], op: number): B[] =>
  buffers.filter((buffer) => buffer.firstOp <= op && op <= buffer.lastOp)

/** The op at which most bytes are alive, and how many those are: no arena can be smaller. */
export function busiestOp(buffers: readonly ActivationBuffer[]): { op: number; bytes: Bytes } {
  let busiest = { op: -1, bytes: bytes(0) }
  for (const { firstOp: op } of buffers) {
    const alive = aliveAt(buffers, op).reduce((sum, buffer) => sum + aligned(buffer.bytes), 0)
    if (alive > busiest.bytes) busiest = { op, bytes: bytes(alive) }
  }
  return busiest
}
