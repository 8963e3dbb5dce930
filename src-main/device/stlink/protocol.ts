// The byte protocol of ST-Link probes as data: products, commands, status codes. It is not published; sources are the
// programs that speak it, which agree: OpenOCD's stlink_usb.c, pyOCD, probe-rs, stlink-org's stlink.

export const ST_VENDOR = 0x0483

export type StlinkGeneration = 'v2' | 'v2-1' | 'v3'

/** The bulk endpoints: V2 took another one for commands than its successors. */
const V2_ENDPOINTS = { out: 2, in: 1 }
const ENDPOINTS = { out: 1, in: 1 }

export const PRODUCTS: Readonly<
  Record<number, { name: string; generation: StlinkGeneration; endpoints: { out: number; in: number } }>
> = {
  0x3748: { name: 'ST-Link V2', generation: 'v2', endpoints: V2_ENDPOINTS },
  0x374b: { name: 'ST-Link V2-1', generation: 'v2-1', endpoints: ENDPOINTS },
  0x3752: { name: 'ST-Link V2-1', generation: 'v2-1', endpoints: ENDPOINTS },
  0x374e: { name: 'ST-Link V3', generation: 'v3', endpoints: ENDPOINTS },
  0x374f: { name: 'ST-Link V3', generation: 'v3', endpoints: ENDPOINTS },
  0x3753: { name: 'ST-Link V3', generation: 'v3', endpoints: ENDPOINTS },
  0x3754: { name: 'ST-Link V3', generation: 'v3', endpoints: ENDPOINTS },
  0x3757: { name: 'ST-Link V3', generation: 'v3', endpoints: ENDPOINTS },
}

export const CDB_BYTES = 16

/** `V2J43`: generation and the number after J, the version of its debug firmware. */
export interface StlinkVersion {
  stlink: number
  jtag: number
}

interface CommandRow {
  /** how the command begins */
  code: readonly number[]
  /** bytes of the answer; `length`: as many as the command asks for; 0: none */
  answer: number | 'length'
  /** takes as many bytes of data as the command says */
  takesData?: true
  /** J number from which a V2 (and V2-1) and a V3 know it; null: never */
  since: { v2: number | null; v3: number | null }
}

const ALWAYS = { v2: 0, v3: 0 }

// Where the versions come from: OpenOCD's table of features (its STLINK_F_HAS_…).
const ROWS = {
  version: { code: [0xf1], answer: 6, since: ALWAYS },
  extendedVersion: { code: [0xfb], answer: 12, since: { v2: null, v3: 0 } },
  mode: { code: [0xf5], answer: 2, since: ALWAYS },
  voltage: { code: [0xf7], answer: 8, since: { v2: 13, v3: 0 } },
  leaveDfu: { code: [0xf3, 0x07], answer: 0, since: ALWAYS },
  leaveSwim: { code: [0xf4, 0x01], answer: 0, since: ALWAYS },
  enterDebug: { code: [0xf2, 0x30], answer: 2, since: ALWAYS },
  leaveDebug: { code: [0xf2, 0x21], answer: 0, since: ALWAYS },
  idCodes: { code: [0xf2, 0x31], answer: 12, since: ALWAYS },
  resetSystem: { code: [0xf2, 0x32], answer: 2, since: ALWAYS },
  readRegister: { code: [0xf2, 0x33], answer: 8, since: ALWAYS },
  writeRegister: { code: [0xf2, 0x34], answer: 2, since: ALWAYS },
  readAllRegisters: { code: [0xf2, 0x3a], answer: 88, since: ALWAYS },
  writeWord: { code: [0xf2, 0x35], answer: 2, since: ALWAYS },
  readWord: { code: [0xf2, 0x36], answer: 8, since: ALWAYS },
  read32: { code: [0xf2, 0x07], answer: 'length', since: ALWAYS },
  write32: { code: [0xf2, 0x08], answer: 0, takesData: true, since: ALWAYS },
  read16: { code: [0xf2, 0x47], answer: 'length', since: { v2: 26, v3: 0 } },
  write16: { code: [0xf2, 0x48], answer: 0, takesData: true, since: { v2: 26, v3: 0 } },
  read8: { code: [0xf2, 0x0c], answer: 'length', since: ALWAYS },
  write8: { code: [0xf2, 0x0d], answer: 0, takesData: true, since: ALWAYS },
  /** the same address again and again */
  readSame32: { code: [0xf2, 0x54], answer: 'length', since: { v2: 32, v3: 2 } },
  writeSame32: { code: [0xf2, 0x50], answer: 0, takesData: true, since: { v2: 26, v3: 0 } },
  status: { code: [0xf2, 0x3b], answer: 2, since: { v2: 13, v3: 0 } },
  statusAndAddress: { code: [0xf2, 0x3e], answer: 12, since: { v2: 15, v3: 0 } },
  driveReset: { code: [0xf2, 0x3c], answer: 2, since: ALWAYS },
  swdDivisor: { code: [0xf2, 0x43], answer: 2, since: { v2: 22, v3: null } },
  /** receives SWO: buffer size u16 and baud rate u32 */
  startTrace: { code: [0xf2, 0x40], answer: 2, since: { v2: 13, v3: 0 } },
  stopTrace: { code: [0xf2, 0x41], answer: 2, since: { v2: 13, v3: 0 } },
  /** bytes that wait at the trace endpoint, u16, without a status */
  countTrace: { code: [0xf2, 0x42], answer: 2, since: { v2: 13, v3: 0 } },
  setFrequency: { code: [0xf2, 0x61], answer: 8, since: { v2: null, v3: 0 } },
  getFrequencies: { code: [0xf2, 0x62], answer: 52, since: { v2: null, v3: 0 } },
  /** single accesses to memory, many in one command; their results are fetched by another */
  batchOut: { code: [0xf2, 0x51], answer: 0, takesData: true, since: { v2: 32, v3: 2 } },
  batchIn: { code: [0xf2, 0x52], answer: 'length', since: { v2: 32, v3: 2 } },
  readDap: { code: [0xf2, 0x45], answer: 8, since: { v2: 24, v3: 0 } },
  writeDap: { code: [0xf2, 0x46], answer: 2, since: { v2: 24, v3: 0 } },
  openAp: { code: [0xf2, 0x4b], answer: 2, since: { v2: 28, v3: 0 } },
  closeAp: { code: [0xf2, 0x4c], answer: 2, since: { v2: 28, v3: 0 } },
} as const satisfies Record<string, CommandRow>

export type CommandName = keyof typeof ROWS
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = ROWS

export function isSupported(name: CommandName, { stlink, jtag }: StlinkVersion): boolean {
  const { since } = COMMANDS[name]
  const first = stlink >= 3 ? since.v3 : since.v2
  return first !== null && jtag >= first
}

/** What `mode` answers in its first byte. */
export const MODE = { DFU: 0, MASS_STORAGE: 1, DEBUG: 2, SWIM: 3, BOOTLOADER: 4 } as const

/** Parameter of `enterDebug`: SWD, without a reset. */
export const ENTER_SWD = 0xa3
/** Parameter of `driveReset`. */
export const NRST = { LOW: 0, HIGH: 1, PULSE: 2 } as const
/** `readDap` and `writeDap` take an access port's number, or this. */
export const DEBUG_PORT = 0xffff

/** Most bytes of one block of words or halfwords. */
export const BLOCK_LIMIT = 6144
/** Most bytes of one block of single bytes. */
export const byteBlockLimit = ({ stlink, jtag }: StlinkVersion) => (stlink >= 3 && jtag >= 6 ? 512 : 64)

/** Most bytes of SWO that a probe holds for its host, and the fastest that it receives. */
export const TRACE_BUFFER_BYTES = 4096
export const fastestTraceHz = ({ stlink }: StlinkVersion) => (stlink >= 3 ? 24_000_000 : 2_000_000)

/** Items of a batch: what each does with its word. */
export const BATCH_ITEM = { ADDRESS: 1, WRITE: 2, READ: 3, ACCESS_PORT: 5 } as const
export const mostBatchItems = ({ stlink }: StlinkVersion) => (stlink >= 3 ? 1227 : 64)

/** Where the fields of a memory command lie: address u32, length u16. The access port's number and its CSW follow. */
export const MEMORY_FIELDS = { address: 2, length: 6, accessPort: 8 } as const

/** `ok`, `wait`: try again; `bus`: the target refused the access; `target`: no answer on the wires; `probe`: the rest. */
type StatusKind = 'ok' | 'wait' | 'bus' | 'target' | 'probe'

export const STATUS_OK = 0x80
export const STATUS: Readonly<Record<number, { kind: StatusKind; name: string }>> = {
  [STATUS_OK]: { kind: 'ok', name: 'OK' },
  0x01: { kind: 'probe', name: 'unknown error' },
  0x04: { kind: 'target', name: 'unknown JTAG chain' },
  0x05: { kind: 'target', name: 'no device connected' },
  0x09: { kind: 'target', name: 'no id code' },
  0x0c: { kind: 'bus', name: 'write error' },
  0x0d: { kind: 'bus', name: 'write verification error' },
  0x10: { kind: 'wait', name: 'access port: wait' },
  0x11: { kind: 'bus', name: 'access port: fault' },
  0x12: { kind: 'bus', name: 'access port: error' },
  0x13: { kind: 'target', name: 'access port: parity error' },
  0x14: { kind: 'wait', name: 'debug port: wait' },
  0x15: { kind: 'target', name: 'debug port: fault' },
  0x16: { kind: 'target', name: 'debug port: error' },
  0x17: { kind: 'target', name: 'debug port: parity error' },
  0x18: { kind: 'bus', name: 'access port: write data error' },
  0x19: { kind: 'bus', name: 'access port: sticky error' },
  0x1a: { kind: 'bus', name: 'access port: sticky overrun' },
  0x1d: { kind: 'bus', name: 'no such access port' },
  0x42: { kind: 'probe', name: 'unknown command' },
  0x81: { kind: 'bus', name: 'fault' },
}
