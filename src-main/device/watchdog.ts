// The independent watchdog: option bytes can start it before any program does, and it runs on while flash is written.

import { addr, type Addr } from '../base/units.ts'
import type { FlashKind } from './board-data.ts'
import type { Probe } from './probe.ts'

interface Watchdog {
  /** IWDG_KR: a program that runs meanwhile reloads it here */
  key: Addr
  /** DBGMCU's register, and its bit, that stop it while the core is halted */
  freeze: Addr
  freezeBit: number
}

/** Sources: RM0090 2.3 and 38.16.4, RM0385 2.2.2 and 40.16.4, RM0433 2.3.2 and 60.5.8. */
export const WATCHDOGS: Readonly<Record<FlashKind, Watchdog>> = {
  f4: { key: addr(0x40003000), freeze: addr(0xe0042008), freezeBit: 1 << 12 },
  f7: { key: addr(0x40003000), freeze: addr(0xe0042008), freezeBit: 1 << 12 },
  h7: { key: addr(0x58004800), freeze: addr(0x5c001054), freezeBit: 1 << 18 },
}

/** From now on, until the power goes, the watchdog stands still whenever the core is halted. */
export async function freezeWatchdog(probe: Probe, kind: FlashKind): Promise<void> {
  const { freeze, freezeBit } = WATCHDOGS[kind]
  await probe.writeWord(freeze, ((await probe.readWord(freeze)) | freezeBit) >>> 0)
}
