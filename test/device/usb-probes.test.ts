import { expect, test } from 'vitest'
import { listUsbProbes } from '../../src-main/device/usb-probes.ts'

const device = (vendorId: number, productId: number, serialNumber: string | null = null) => ({
  ...{ vendorId, productId, serialNumber, bus: '1', address: 9 },
})

test('ST-Links are listed by serial number, other devices are not', async () => {
  const found = await listUsbProbes(() =>
    Promise.resolve([device(0x0483, 0x374b, '066DFF'), device(0x0483, 0x5740), device(0x1d6b, 2)]),
  )
  expect(found).toEqual([
    {
      id: 'stlink:066DFF',
      name: 'ST-Link V2-1',
      state: 'ready',
      detail: '',
    },
  ])
})

test('a probe without a serial number is known by where it is plugged in', async () => {
  const found = await listUsbProbes(() => Promise.resolve([device(0x0483, 0x3748)]))
  expect(found.map((probe) => probe.id)).toEqual(['stlink:1-9'])
})

test('asking the real machine works with and without USB', async () => {
  expect(Array.isArray(await listUsbProbes())).toBe(true)
})
