// One connected board, real or virtual. jobs/ opens one by id and hands it on; nothing above knows which kind it is.

import type { Provenance } from '../base/provenance.ts'
import type { BoardData } from './board-data.ts'
import type { Probe } from './probe.ts'

/** Counters that only an emulator has: what the core did between the firmware's ITM marks. */
export interface ExecutionMark {
  /** the 32-bit word that the firmware wrote to ITM stimulus port 0 */
  value: number
  /** instructions and cycles executed since reset when it was written */
  instructions: number
  cycles: number
}

export interface Board {
  /** `virtual:stm32f407`, `stlink:<serial>` */
  readonly id: string
  readonly data: BoardData
  readonly provenance: Provenance
  /** the provenance of its cycles and latencies */
  readonly timing: Provenance
  readonly probe: Probe
  /** Virtual boards only: takes the marks written since the last call. */
  takeMarks?(): Promise<ExecutionMark[]>
  /** Virtual boards only: bytes to its serial port, sent at `baud` or, with null, at its own rate. */
  writeSerial?(bytes: Uint8Array, baud: number | null): Promise<void>
  close(): Promise<void>
}
