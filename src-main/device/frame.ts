// Frames on the host's side; link-protocol.ts says what they look like. The firmware's tm_frame.c is the same algorithm.

import { crc32 } from '../base/hash.ts'
import { CRC_BYTES, HEADER_BYTES, MAX_FRAME, MAX_PAYLOAD, SYNC } from './link-protocol.ts'

export interface Frame {
  type: number
  sequence: number
  payload: Uint8Array
}

const headerCheck = (header: Uint8Array) => {
  let sum = header[0]! + header[1]! + header[2]!
  for (let i = 4; i < HEADER_BYTES; i++) sum += header[i]!
  return (0xff - sum) & 0xff
}

/** Throws RangeError when the payload is longer than a frame may hold: the caller splits. */
export function encodeFrame({ type, sequence, payload }: Frame): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw new RangeError(`A payload of ${payload.length} bytes does not fit a frame.`)
  const bytes = new Uint8Array(HEADER_BYTES + payload.length + CRC_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = SYNC
  bytes[1] = type
  bytes[2] = sequence
  view.setUint32(4, payload.length, true)
  bytes[3] = headerCheck(bytes)
  bytes.set(payload, HEADER_BYTES)
  const body = HEADER_BYTES + payload.length
  view.setUint32(body, crc32(bytes.subarray(0, body)), true)
  return bytes
}

/** Whole frames out of a stream of bytes with anything between them. */
export class FrameReceiver {
  private readonly buffer = new Uint8Array(2 * MAX_FRAME)
  private filled = 0
  /** frames whose header held and whose CRC didn't */
  damaged = 0

  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = []
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, this.buffer.length - this.filled)
      this.buffer.set(bytes.subarray(at, at + count), this.filled)
      this.filled += count
      at += count
      this.take(frames)
    }
    return frames
  }

  /** Gives up on half a frame whose rest will not come, and returns the frames that were inside it. */
  abandon(): Frame[] {
    if (this.filled >= HEADER_BYTES) this.damaged++
    const frames: Frame[] = []
    while (this.filled > 0) {
      this.drop(1)
      this.take(frames)
    }
    return frames
  }

  private drop(count: number) {
    this.buffer.copyWithin(0, count, this.filled)
    this.filled -= count
  }

  private take(frames: Frame[]) {
    for (;;) {
      const sync = this.buffer.subarray(0, this.filled).indexOf(SYNC)
      this.drop(sync < 0 ? this.filled : sync)
      if (this.filled < HEADER_BYTES) return
      const view = new DataView(this.buffer.buffer)
      const length = view.getUint32(4, true)
      if (this.buffer[3] !== headerCheck(this.buffer) || length > MAX_PAYLOAD) {
        this.drop(1)
        continue
      }
      const body = HEADER_BYTES + length
      if (this.filled < body + CRC_BYTES) return
      if (crc32(this.buffer.subarray(0, body)) !== view.getUint32(body, true)) {
        this.damaged++
        this.drop(1)
        continue
      }
      frames.push({ type: this.buffer[1]!, sequence: this.buffer[2]!, payload: this.buffer.slice(HEADER_BYTES, body) })
      this.drop(body + CRC_BYTES)
    }
  }
}
