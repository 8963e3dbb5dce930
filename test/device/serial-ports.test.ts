// Which serial ports are listed, from a folder like Linux's sysfs; nothing is opened.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listSerialPorts, sysfsPorts } from '../../src-main/device/serial-ports.ts'
import { isPseudoTerminal } from '../../src-main/device/serial-stream.ts'
import { holdLock } from '../support/lock-holder.ts'

let root: string
const dev = () => join(root, 'dev')
const list = () => listSerialPorts(() => sysfsPorts(join(root, 'sys'), dev()))

/** A port as the kernel shows it: its interface stands in the folder of a USB device, or on no bus at all. */
function plugIn(name: string, vendor?: string, product?: string) {
  const device = join(root, 'sys/devices', vendor === undefined ? 'platform' : `usb1/1-${name}`)
  const port = join(device, `1-1:1.2`, name)
  mkdirSync(port, { recursive: true })
  if (vendor !== undefined) writeFileSync(join(device, 'idVendor'), `${vendor}\n`)
  if (product !== undefined) writeFileSync(join(device, 'idProduct'), `${product}\n`)
  const entry = join(root, 'sys/class/tty', name)
  mkdirSync(entry, { recursive: true })
  symlinkSync(port, join(entry, 'device'))
  writeFileSync(join(dev(), name), '')
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'thimble-ports-'))
  mkdirSync(dev())
  plugIn('ttyUSB0', '10c4', 'ea60')
  plugIn('ttyACM0', '0483', '374b')
  plugIn('ttyACM1', '0483', 'ffff')
  plugIn('ttyACM2', '1d6b', '0002')
  plugIn('ttyS0')
  mkdirSync(join(root, 'sys/class/tty/console'))
})
afterAll(() => rmSync(root, { recursive: true }))

test('ports of ST-Links and of adapters are listed, and no others', async () => {
  const ready = {
    state: 'ready',
    detail: 'A board that is flashed already can infer over it; flashing needs its probe.',
  }
  expect(await list()).toEqual([
    { path: join(dev(), 'ttyACM0'), name: 'Serial port of an ST-Link V2-1', ...ready },
    { path: join(dev(), 'ttyUSB0'), name: 'CP210x adapter', ...ready },
  ])
})

test('a port that another program has locked names it', async () => {
  const holder = await holdLock(join(dev(), 'ttyUSB0'))
  try {
    expect((await list())[1]).toMatchObject({
      state: 'in-use',
      detail: expect.stringMatching(new RegExp(`^Open in \\S+ \\(process ${holder.pid}\\)`)) as string,
    })
  } finally {
    await holder.release()
  }
})

test('a port that is pulled out meanwhile is not listed', async () => {
  rmSync(join(dev(), 'ttyACM0'))
  expect((await list()).map(({ path }) => path)).toEqual([join(dev(), 'ttyUSB0')])
})

test('a system without sysfs has none', async () => {
  expect(await listSerialPorts(() => sysfsPorts(join(root, 'nothing'), dev()))).toEqual([])
})

test.each([
  ['/dev/pts/9999', true],
  ['/dev/ttys999', true],
  ['/dev/ttyS999', false],
  ['/dev/ttyACM999', false],
  ['/dev/tty.usbmodem999', false],
])('whether %s leads to a program, not to a chip: %s', async (path, isProgram) => {
  expect(await isPseudoTerminal(path)).toBe(isProgram)
})
