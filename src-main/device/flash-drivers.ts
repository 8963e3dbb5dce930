import type { Clock } from '../base/clock.ts'
import type { FlashKind } from './board-data.ts'
import type { FlashDriver } from './flash-driver.ts'
import { createFlashF4, createFlashF7 } from './flash-f4.ts'
import { createFlashH7 } from './flash-h7.ts'
import type { Probe } from './probe.ts'

const DRIVERS: Readonly<Record<FlashKind, (probe: Probe, clock: Clock) => FlashDriver>> = {
  f4: createFlashF4,
  f7: createFlashF7,
  h7: createFlashH7,
}

export const createFlashDriver = (kind: FlashKind, probe: Probe, clock: Clock): FlashDriver =>
  DRIVERS[kind](probe, clock)
