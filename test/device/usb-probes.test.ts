import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
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

test.runIf(process.platform === 'linux')('a probe that another program has open is in use, until it ends', async () => {
  const nodes = await realpath(await mkdtemp(path.join(tmpdir(), 'thimble-usb-')))
  await mkdir(path.join(nodes, '001'))
  const file = await open(path.join(nodes, '001', '009'), 'w')
  const list = () => listUsbProbes(() => Promise.resolve([device(0x0483, 0x374b, '066DFF')]), nodes)
  const program = spawn('sleep', ['60'], { stdio: [file.fd, 'ignore', 'ignore'] })
  const ended = once(program, 'exit')
  try {
    await once(program, 'spawn')
    await file.close()
    expect(await list()).toMatchObject([
      { state: 'in-use', detail: `Open in sleep (process ${program.pid}). Close it there first.` },
    ])
    program.kill()
    await ended
    expect(await list()).toMatchObject([{ state: 'ready', detail: '' }])
  } finally {
    program.kill()
    await rm(nodes, { recursive: true })
  }
})

test('asking the real machine works with and without USB', async () => {
  expect(Array.isArray(await listUsbProbes())).toBe(true)
})
