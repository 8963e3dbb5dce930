// ST-Links on USB: which are there, and one of them as a probe.

import { access, constants } from 'node:fs/promises'
import { AppError } from '../base/errors.ts'
import { findFileHolders, type FileHolder } from './file-holder.ts'
import type { Probe } from './probe.ts'
import { PRODUCTS, ST_VENDOR } from './stlink/protocol.ts'
import { openStlinkProbe } from './stlink/stlink-probe.ts'
import { openUsbTransport, type StlinkUsbDevice } from './stlink/usb-transport.ts'

export interface UsbProbe {
  /** `stlink:<serial>`; where several have that serial, or it has none, with where it is plugged in: `<bus>-<address>` */
  id: string
  name: string
  state: 'ready' | 'no-permission' | 'in-use'
  detail: string
}

interface UsbDevice {
  vendorId: number
  productId: number
  serialNumber?: string | null | undefined
  bus: string
  address: number
}

const USB_NODES = '/dev/bus/usb'

/** The file by which Linux gives a device to programs. */
function nodeOf({ bus, address }: UsbDevice, nodes: string): string {
  const digits = (n: number) => String(n).padStart(3, '0')
  return `${nodes}/${digits(Number(bus))}/${digits(address)}`
}

/** Linux: whether udev lets this user use the device. Elsewhere the question doesn't arise. */
async function mayUse(device: UsbDevice, nodes = USB_NODES): Promise<boolean> {
  if (process.platform !== 'linux') return true
  try {
    await access(nodeOf(device, nodes), constants.R_OK | constants.W_OK)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES'
  }
}

/** What the operating system lists; a machine without USB, or without its native module, has none. */
async function devices(): Promise<(UsbDevice & StlinkUsbDevice)[]> {
  try {
    const { usb } = await import('usb')
    // The package's types leave out the transfers of WebUSB, which its devices have.
    return (await usb.getDevices()) as unknown as (UsbDevice & StlinkUsbDevice)[]
  } catch {
    return []
  }
}

const isStlink = ({ vendorId, productId }: UsbDevice) => vendorId === ST_VENDOR && productId in PRODUCTS

const placeOf = ({ bus, address }: UsbDevice) => `${bus}-${address}`
const serialId = (device: UsbDevice) => `stlink:${device.serialNumber ?? placeOf(device)}`

/** The ST-Links among `devices`, each by an id of its own: copies of ST's probes may share one serial number. */
function stlinks<T extends UsbDevice>(devices: readonly T[]): { id: string; device: T }[] {
  const found = devices.filter(isStlink)
  return found.map((device) => {
    const id = serialId(device)
    const alone = found.filter((other) => serialId(other) === id).length === 1
    return { id: alone ? id : `${id}@${placeOf(device)}`, device }
  })
}

async function stateOf(
  device: UsbDevice,
  nodes: string,
  holder: FileHolder | undefined,
): Promise<Pick<UsbProbe, 'state' | 'detail'>> {
  if (!(await mayUse(device, nodes))) {
    const detail = 'The system does not let you use this device. Install the udev rules, then plug it in again.'
    return { state: 'no-permission', detail }
  }
  if (holder === undefined) return { state: 'ready', detail: '' }
  return { state: 'in-use', detail: `Open in ${holder.name} (process ${holder.pid}). Close it there first.` }
}

/** `nodes` is the folder of the devices' files on Linux. */
export async function listUsbProbes(
  list: () => Promise<UsbDevice[]> = devices,
  nodes = USB_NODES,
): Promise<UsbProbe[]> {
  const found = stlinks(await list())
  const holders = await findFileHolders(found.map(({ device }) => nodeOf(device, nodes)))
  return Promise.all(
    found.map(async ({ id, device }) => ({
      id,
      name: PRODUCTS[device.productId]!.name,
      ...(await stateOf(device, nodes, holders.get(nodeOf(device, nodes)))),
    })),
  )
}

/**
 * The probe with this id and the target behind it. Throws BOARD_UNKNOWN, PROBE_AMBIGUOUS, PROBE_PERMISSION,
 * PROBE_IN_USE, and what openStlinkProbe throws. Whoever opens it closes it.
 */
export async function openUsbProbe(
  id: string,
  list: () => Promise<(UsbDevice & StlinkUsbDevice)[]> = devices,
  { underReset = false }: { underReset?: boolean } = {},
): Promise<Probe> {
  const found = stlinks(await list())
  const device = found.find((one) => one.id === id)?.device
  if (device === undefined) {
    const same = found.filter((one) => serialId(one.device) === id).map((one) => one.id)
    if (same.length === 0) throw new AppError('BOARD_UNKNOWN', `There is no probe ${id}.`)
    throw new AppError('PROBE_AMBIGUOUS', `Several probes have the serial number of ${id}: ${same.join(', ')}.`)
  }
  if (!(await mayUse(device))) throw new AppError('PROBE_PERMISSION', `The system does not let you use ${id}.`)
  const transport = await openUsbTransport(device)
  try {
    return await openStlinkProbe(transport, { serial: id.slice(id.indexOf(':') + 1), underReset })
  } catch (error) {
    await transport.close()
    throw error
  }
}
