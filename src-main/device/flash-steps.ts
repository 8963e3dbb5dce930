// How long each step of flashing took and how many bytes it moved: what was asked for is told by step, not in one sum.

import type { Clock } from '../base/clock.ts'

/** In the order in which they happen. `compare` reads what flash holds already, `run` ends with an opened model. */
export const FLASH_STEPS = [
  'connect',
  'identify',
  'backup',
  'compare',
  'erase',
  'write',
  'verify',
  'reset',
  'run',
] as const

export type FlashStep = (typeof FLASH_STEPS)[number]

/** Host time. `bytes` is what was read, erased or written; 0 where a step moves none. */
export interface StepReport {
  name: FlashStep
  bytes: number
  ms: number
}

export interface StepTimes {
  /** Runs `work` and counts its time to the step, and its bytes when it succeeds. */
  time<T>(name: FlashStep, bytes: number, work: () => Promise<T>): Promise<T>
  /** The steps that happened since the last call, in their order. */
  take(): StepReport[]
}

export function createStepTimes(clock: Clock): StepTimes {
  const rows = new Map<FlashStep, StepReport>()
  return {
    async time(name, bytes, work) {
      const start = clock.monotonicMs()
      const row = rows.get(name) ?? { name, bytes: 0, ms: 0 }
      rows.set(name, row)
      try {
        const result = await work()
        row.bytes += bytes
        return result
      } finally {
        row.ms += clock.monotonicMs() - start
      }
    },
    take() {
      const taken = FLASH_STEPS.flatMap((name) => rows.get(name) ?? [])
      rows.clear()
      return taken
    },
  }
}
