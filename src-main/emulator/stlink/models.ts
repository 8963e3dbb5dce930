// The ST-Links that a virtual board can have, as they identify themselves.

import type { StlinkGeneration } from '../../device/stlink/protocol.ts'

export interface StlinkModel {
  productId: number
  version: { stlink: number; jtag: number; swim: number; massStorage: number; bridge: number }
}

export const STLINK_MODELS: Readonly<Record<StlinkGeneration, StlinkModel>> = {
  v2: { productId: 0x3748, version: { stlink: 2, jtag: 37, swim: 7, massStorage: 0, bridge: 0 } },
  'v2-1': { productId: 0x374b, version: { stlink: 2, jtag: 43, swim: 28, massStorage: 0, bridge: 0 } },
  v3: { productId: 0x374f, version: { stlink: 3, jtag: 10, swim: 1, massStorage: 6, bridge: 4 } },
}
