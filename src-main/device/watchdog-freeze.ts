// A watchdog that the program has started goes on while a debugger halts the core, and resets the chip under its hands,
// unless DBGMCU stops it.

import { addr } from '../base/units.ts'
import { debugPortOf } from './debug-port.ts'
import type { Probe } from './probe.ts'

/** Stops the watchdogs while the core is halted. Returns what undoes it. Throws BOARD_GONE, BOARD_FAULT. */
export async function freezeWatchdogs(probe: Probe, idCode: number): Promise<() => Promise<void>> {
  const before: { address: number; word: number }[] = []
  for (const { address, bits } of debugPortOf(idCode)?.watchdogFreeze ?? []) {
    const word = await probe.readWord(addr(address))
    before.push({ address, word })
    await probe.writeWord(addr(address), (word | bits) >>> 0)
  }
  return async () => {
    for (const { address, word } of before) await probe.writeWord(addr(address), word)
  }
}
