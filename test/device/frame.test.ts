import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReceiver, encodeFrame, type Frame } from '../../src-main/device/frame.ts'
import { MAX_FRAME, MAX_PAYLOAD, SYNC } from '../../src-main/device/link-protocol.ts'

const frames = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  sequence: fc.integer({ min: 0, max: 255 }),
  payload: fc.uint8Array({ maxLength: 200 }),
})

/** The receiver fed with pieces of these sizes, over and over. */
function receive(bytes: Uint8Array, sizes: readonly number[]): Frame[] {
  const receiver = new FrameReceiver()
  const got: Frame[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    got.push(...receiver.push(bytes.subarray(at, at + size)))
    at += size
  }
  return got
}

const concat = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 12 }), pieces, (sent, sizes) => {
        expect(receive(concat(sent.map(encodeFrame)), sizes)).toEqual(sent)
      }),
      { seed: 1 },
    )
  })

  test('survive any garbage before them once a frame of zeros has gone by', () => {
    // The zeros end whatever frame the garbage seemed to start: that is what the link sends after a silence.
    const garbage = fc.uint8Array({ maxLength: 400 }).map((bytes) => bytes.map((byte) => (byte < 60 ? SYNC : byte)))
    fc.assert(
      fc.property(garbage, frames, (noise, frame) => {
        const got = receive(concat([noise, new Uint8Array(MAX_FRAME), encodeFrame(frame)]), [64])
        expect(got.at(-1)).toEqual(frame)
      }),
      { seed: 2 },
    )
  })

  test('a true frame inside a false one is found', () => {
    const inner = encodeFrame({ type: 5, sequence: 6, payload: Uint8Array.of(1, 2, 3) })
    const outer = encodeFrame({ type: 9, sequence: 9, payload: inner })
    outer[outer.length - 1]! ^= 0xff
    expect(receive(outer, [7])).toEqual([{ type: 5, sequence: 6, payload: Uint8Array.of(1, 2, 3) }])
  })

  test('one flipped bit anywhere makes a frame disappear', () => {
    const frame = encodeFrame({ type: 1, sequence: 2, payload: Uint8Array.of(3, 4, 5, 6) })
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const hurt = frame.slice()
      hurt[bit >>> 3]! ^= 1 << (bit & 7)
      expect(receive(concat([hurt, new Uint8Array(MAX_FRAME)]), [hurt.length])).toEqual([])
    }
  })

  test('a payload that is too long is refused', () => {
    expect(() => encodeFrame({ type: 1, sequence: 1, payload: new Uint8Array(MAX_PAYLOAD + 1) })).toThrow(RangeError)
  })
})
