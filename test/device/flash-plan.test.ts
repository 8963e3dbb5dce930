import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { planFlash } from '../../src-main/device/flash-plan.ts'

const board = findBoardData('stm32f407')!
const { sectors } = board.flash
const firmware = board.firmwareRegion.start
const indices = (wanted: Uint8Array, current: Uint8Array, start: number = firmware) =>
  planFlash(sectors, start, wanted, current).map(({ sector }) => sector.index)

describe('which sectors are written', () => {
  const content = new Uint8Array(40 * 1024).fill(3) // sectors 0, 1 and the start of 2

  test('none, when flash holds it already', () => {
    expect(indices(content, content.slice())).toEqual([])
  })

  test('only the changed one beside the first, which holds what makes the content valid', () => {
    const current = content.slice()
    current[35 * 1024] = 4
    expect(indices(content, current)).toEqual([0, 2])
  })

  test('the first alone when only that one differs', () => {
    const current = content.slice()
    current[0] = 0
    expect(indices(content, current)).toEqual([0])
  })

  test("the model's region starts at sector 5", () => {
    const blob = new Uint8Array(200 * 1024)
    expect(indices(blob, new Uint8Array(blob.length).fill(0xff), board.modelRegion.start)).toEqual([5, 6])
  })

  test('writing exactly the planned parts over erased sectors gives the wanted bytes', () => {
    const length = fc.integer({ min: 1, max: 100 * 1024 })
    const changes = fc.array(fc.nat(100 * 1024), { maxLength: 4 })
    fc.assert(
      fc.property(length, changes, (bytes, places) => {
        const wanted = Uint8Array.from({ length: bytes }, (_, n) => n * 7)
        const flash = new Uint8Array(board.firmwareRegion.size).fill(0xff)
        flash.set(wanted)
        for (const place of places) flash[place % bytes]! ^= 0x55
        for (const { sector, from, to } of planFlash(sectors, firmware, wanted, flash.slice(0, bytes))) {
          const at = sector.start - firmware
          flash.fill(0xff, at, at + sector.size)
          flash.set(wanted.subarray(from, to), from)
        }
        expect(Buffer.compare(flash.subarray(0, bytes), wanted)).toBe(0)
      }),
      { seed: 3, numRuns: 50 },
    )
  })
})
