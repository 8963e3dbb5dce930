// What a debug probe can do to a target, at the level every ST-Link offers. The flash driver, the core
// control and the link are written against this alone, so that a virtual board and a real one share them.

import type { Addr } from '../base/units.ts'

export interface ProbeInfo {
  /** `ST-Link V2-1`, `virtual` … */
  name: string
  serial: string
  firmware: string
}

export interface Probe {
  readonly info: ProbeInfo
  /** Bytes as a debugger sees them on the bus; any alignment. Throws BOARD_FAULT on a bus error, BOARD_GONE when unplugged. */
  read(address: Addr, length: number): Promise<Uint8Array>
  /** Word-sized where the address and length allow (peripheral registers need that), else bytes. */
  write(address: Addr, data: Uint8Array): Promise<void>
  readWord(address: Addr): Promise<number>
  writeWord(address: Addr, value: number): Promise<void>
  /** nRST: low, then high again. Debug registers in the target's debug domain survive it. */
  pulseReset(): Promise<void>
  close(): Promise<void>
}
