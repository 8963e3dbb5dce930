// Serial ports on USB that a board may be behind. Which one it is only its firmware says: nothing is opened here.

import { readdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SerialPort } from 'serialport'
import { findPortHolder, mayOpen } from './serial-stream.ts'
import { PRODUCTS, ST_VENDOR } from './stlink/protocol.ts'

export interface SerialPortRow {
  /** `/dev/ttyACM0`, `COM3` */
  path: string
  /** what stands between USB and the board */
  name: string
  state: 'ready' | 'no-permission' | 'in-use'
  detail: string
}

interface UsbPort {
  path: string
  vendorId: number
  productId: number
}

/** Adapters that people wire to a board's USART, by vendor; source: the id tables of Linux's drivers/usb/serial. */
const ADAPTERS: Readonly<Record<number, { name: string; products: readonly number[] }>> = {
  0x0403: { name: 'FTDI adapter', products: [0x6001, 0x6010, 0x6011, 0x6014, 0x6015] }, // ftdi_sio_ids.h
  0x067b: { name: 'PL2303 adapter', products: [0x2303, 0x23a3] }, // pl2303.h
  0x10c4: { name: 'CP210x adapter', products: [0xea60, 0xea70] }, // cp210x.c
  0x1a86: { name: 'CH340 adapter', products: [0x5523, 0x7522, 0x7523] }, // ch341.c
}

const nameOf = ({ vendorId, productId }: UsbPort): string | undefined => {
  if (vendorId === ST_VENDOR) return PRODUCTS[productId] && `Serial port of an ${PRODUCTS[productId].name}`
  const adapter = ADAPTERS[vendorId]
  return adapter?.products.includes(productId) === true ? adapter.name : undefined
}

/** The USB device that a port's interface belongs to, by the kernel's tree: the nearest folder above with an idVendor. */
async function usbIds(folder: string, top: string): Promise<Omit<UsbPort, 'path'> | undefined> {
  for (let at = folder; at.startsWith(top) && at !== top; at = dirname(at)) {
    const read = async (name: string) => Number.parseInt(await readFile(join(at, name), 'latin1'), 16)
    const ids = await Promise.all([read('idVendor'), read('idProduct')]).catch(() => undefined)
    if (ids !== undefined) return { vendorId: ids[0], productId: ids[1] }
  }
  return undefined
}

/** Linux: all ports on USB, from sysfs (sysfs-bus-usb in the kernel's Documentation/ABI). */
export async function sysfsPorts(sys = '/sys', dev = '/dev'): Promise<UsbPort[]> {
  const names = await readdir(join(sys, 'class/tty')).catch(() => [])
  const top = await realpath(sys).catch(() => sys)
  const found = await Promise.all(
    names.map(async (name) => {
      const device = await realpath(join(sys, 'class/tty', name, 'device')).catch(() => undefined)
      const ids = device === undefined ? undefined : await usbIds(device, top)
      return ids === undefined ? [] : [{ path: join(dev, name), ...ids }]
    }),
  )
  return found.flat()
}

/** As far as it is used here; the types of `serialport` can't be resolved. */
interface Lister {
  list(): Promise<{ path: string; vendorId?: string; productId?: string }[]>
}

async function systemPorts(): Promise<UsbPort[]> {
  const id = (text: string | undefined) => Number.parseInt(text ?? '', 16)
  const ports = await (SerialPort as unknown as Lister).list().catch(() => [])
  return ports.map(({ path, vendorId, productId }) => ({ path, vendorId: id(vendorId), productId: id(productId) }))
}

/** Undefined when the port has gone since it was listed. */
async function stateOf(path: string): Promise<Pick<SerialPortRow, 'state' | 'detail'> | undefined> {
  const allowed = await mayOpen(path).catch(() => undefined)
  if (allowed === undefined) return undefined
  if (!allowed) {
    return { state: 'no-permission', detail: `The system does not let you use ${path}. Join the group dialout.` }
  }
  const holder = await findPortHolder(path).catch(() => undefined)
  if (holder !== undefined) {
    return { state: 'in-use', detail: `Open in ${holder.name} (process ${holder.pid}). Close it there first.` }
  }
  return { state: 'ready', detail: 'A board that is flashed already can infer over it; flashing needs its probe.' }
}

/** Sorted by path. */
export async function listSerialPorts(
  list: () => Promise<UsbPort[]> = process.platform === 'linux' ? sysfsPorts : systemPorts,
): Promise<SerialPortRow[]> {
  const rows = await Promise.all(
    (await list()).map(async (port) => {
      const name = nameOf(port)
      const state = name === undefined ? undefined : await stateOf(port.path)
      return name === undefined || state === undefined ? [] : [{ path: port.path, name, ...state }]
    }),
  )
  return rows.flat().sort((a, b) => (a.path < b.path ? -1 : 1))
}
