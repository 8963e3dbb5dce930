// ST-Links on USB: which are there, and one of them as a probe.

import { access, constants } from 'node:fs/promises'
import { AppError } from '../base/errors.ts'
import type { Probe } from './probe.ts'
import { PRODUCTS, ST_VENDOR } from './stlink/protocol.ts'
import { openStlinkProbe } from './stlink/stlink-probe.ts'
import { openUsbTransport, type StlinkUsbDevice } from './stlink/usb-transport.ts'

export interface UsbProbe {
  /** `stlink:<serial>` */
  id: string
  name: string
  state: 'ready' | 'no-permission'
  detail: string
}

interface UsbDevice {
  vendorId: number
  productId: number
  serialNumber?: string | null | undefined
  bus: string
  address: number
}

/** Linux: whether udev lets this user use the device. Elsewhere the question doesn't arise. */
async function mayUse(device: UsbDevice): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const digits = (n: number) => String(n).padStart(3, '0')
  try {
    await access(
      `/dev/bus/usb/${digits(Number(device.bus))}/${digits(device.address)}`,
      constants.R_OK | constants.W_OK,
    )
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

const idOf = (device: UsbDevice) => `stlink:${device.serialNumber ?? `${device.bus}-${device.address}`}`

async function describe(device: UsbDevice): Promise<UsbProbe> {
  const permitted = await mayUse(device)
  return {
    id: idOf(device),
    name: PRODUCTS[device.productId]!.name,
    state: permitted ? 'ready' : 'no-permission',
    detail: permitted
      ? ''
      : 'The system does not let you use this device. Install the udev rules, then plug it in again.',
  }
}

export async function listUsbProbes(list: () => Promise<UsbDevice[]> = devices): Promise<UsbProbe[]> {
  const found = await list()
  return Promise.all(found.filter(isStlink).map(describe))
}

/**
 * The probe with this id and the target behind it. Throws BOARD_UNKNOWN, PROBE_PERMISSION, PROBE_IN_USE, and what
 * openStlinkProbe throws. Whoever opens it closes it.
 */
export async function openUsbProbe(
  id: string,
  list: () => Promise<(UsbDevice & StlinkUsbDevice)[]> = devices,
  { underReset = false }: { underReset?: boolean } = {},
): Promise<Probe> {
  const device = (await list()).find((one) => isStlink(one) && idOf(one) === id)
  if (device === undefined) throw new AppError('BOARD_UNKNOWN', `There is no probe ${id}.`)
  if (!(await mayUse(device))) throw new AppError('PROBE_PERMISSION', `The system does not let you use ${id}.`)
  const transport = await openUsbTransport(device)
  try {
    return await openStlinkProbe(transport, { serial: id.slice(id.indexOf(':') + 1), underReset })
  } catch (error) {
    await transport.close()
    throw error
  }
}
