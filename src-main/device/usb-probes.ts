// ST-Links on USB. This version lists them; driving one comes later, so the best state here is `unsupported`.

import { access, constants } from 'node:fs/promises'

export interface UsbProbe {
  /** `stlink:<serial>` */
  id: string
  name: string
  state: 'unsupported' | 'no-permission'
  detail: string
}

const ST_VENDOR = 0x0483

/** Products, as OpenOCD, pyOCD and probe-rs agree on them. */
const PRODUCTS: Record<number, string> = {
  0x3748: 'ST-Link V2',
  0x374b: 'ST-Link V2-1',
  0x3752: 'ST-Link V2-1',
  0x374e: 'ST-Link V3',
  0x374f: 'ST-Link V3',
  0x3753: 'ST-Link V3',
  0x3754: 'ST-Link V3',
  0x3757: 'ST-Link V3',
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
async function devices(): Promise<UsbDevice[]> {
  try {
    const { usb } = await import('usb')
    return await usb.getDevices()
  } catch {
    return []
  }
}

async function describe(device: UsbDevice): Promise<UsbProbe> {
  const permitted = await mayUse(device)
  return {
    id: `stlink:${device.serialNumber ?? `${device.bus}-${device.address}`}`,
    name: PRODUCTS[device.productId]!,
    state: permitted ? 'unsupported' : 'no-permission',
    detail: permitted
      ? 'This version drives virtual boards only.'
      : 'The system does not let you use this device. Install the udev rules, then plug it in again.',
  }
}

export async function listUsbProbes(list: () => Promise<UsbDevice[]> = devices): Promise<UsbProbe[]> {
  const found = await list()
  return Promise.all(
    found.filter((device) => device.vendorId === ST_VENDOR && device.productId in PRODUCTS).map(describe),
  )
}
