// Which model of memory's time a board has.

import type { BoardData } from '../../device/board-data.ts'
import type { Scb } from '../core/scb.ts'
import type { Memory } from '../memory.ts'
import { CachedMemoryTiming } from './cached-memory.ts'
import { MEMORY_SYSTEMS } from './cached-memories.ts'
import { FlashTiming } from './flash-accelerator.ts'

export type ChipTiming = FlashTiming | CachedMemoryTiming

/** Undefined where memory's time is not modelled. */
export function chipTiming(memory: Memory, data: BoardData, scb: Scb): ChipTiming | undefined {
  if (data.accelerator !== undefined) return new FlashTiming(memory, data.flash.size, data.accelerator)
  const system = MEMORY_SYSTEMS[data.flash.driver]
  if (system === undefined) return undefined
  const timing = new CachedMemoryTiming(memory, system)
  scb.onCacheControl = (ccr) => timing.switchCaches(ccr)
  return timing
}
