// What a fault record tells the person who reads it.

import { expect, test } from 'vitest'
import { faultError, parseFaultRecord } from '../../src-main/device/fault-record.ts'
import { FAULT_MAGIC, FAULT_RECORD, FAULT_RECORD_BYTES } from '../../src-main/device/image-header.ts'

function record(words: Readonly<Record<string, number>>) {
  const view = new DataView(new ArrayBuffer(FAULT_RECORD_BYTES))
  const all: Readonly<Record<string, number>> = { magic: FAULT_MAGIC, exception: 5, pc: 0x08001234, ...words }
  FAULT_RECORD.forEach(({ name }, index) => view.setUint32(4 * index, all[name] ?? 0, true))
  return parseFaultRecord(new Uint8Array(view.buffer))!
}

test('a precise fault is at its PC', () => {
  const error = faultError(record({ cfsr: (1 << 9) | (1 << 15), bfar: 0x60000000 }))
  expect(error.message).toBe('The firmware stopped in a fault at 0x08001234: precise data bus error.')
  expect(error.context.registers).toMatchObject({ bfar: '0x60000000' })
})

test('an imprecise one is not, and the hint says what to look at', () => {
  const error = faultError(record({ cfsr: 1 << 10 }))
  expect(error.message).toBe(
    'The firmware stopped in a fault behind a failed store, near 0x08001234: imprecise data bus error.',
  )
  expect(error.hint).toContain('the PC shown is behind it, not at it')
  expect(error.hint).toContain('DISDEFWBUF')
})
