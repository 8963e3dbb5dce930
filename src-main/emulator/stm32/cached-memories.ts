// The memory systems of the chips with a Cortex-M7. Cache sizes: RM0385 and RM0433, 1.1 and the cores' CCSIDR. Wait states
// are the firmware's, in FLASH_ACR; a flash word is 256 bits wide (RM0385 3.3, RM0433 4.3), so that one reading of it fills
// a line. What the way to a memory takes beside that is ours: a bus cycle each for the cache's miss, the interconnect and
// the answer, more through a bridge to another bus matrix.

import { KB, MB } from '../../base/units.ts'
import type { FlashKind } from '../../device/board-data.ts'
import type { MemorySystem } from './cached-memory.ts'

/** Bus cycles of a miss beside the memory's own. */
const WAY = 3
/** Through the bridge from AXI to AHB, or between the H7's domains. */
const BRIDGE = 3
/** Core cycles in a bus cycle: the H7's AXI bus runs at half of the core's clock (RM0433, table 57). */
const F7_BUS = 1
const H7_BUS = 2

const flash = (bus: number) => (waitStates: number) => bus * (waitStates + 1 + WAY)
const ram = (bus: number, bridges: number) => () => bus * (1 + WAY + BRIDGE * bridges)

export const MEMORY_SYSTEMS: Partial<Record<FlashKind, MemorySystem>> = {
  f7: {
    instructions: { sets: 64, ways: 2 },
    data: { sets: 32, ways: 4 },
    latencyMask: 15,
    memories: [
      { start: 0x08000000, size: 1 * MB, cycles: flash(F7_BUS) },
      { start: 0x20010000, size: 256 * KB, cycles: ram(F7_BUS, 1) }, // SRAM1 and SRAM2, behind 64 KB of DTCM
    ],
  },
  h7: {
    instructions: { sets: 256, ways: 2 },
    data: { sets: 128, ways: 4 },
    latencyMask: 15,
    memories: [
      { start: 0x08000000, size: 2 * MB, cycles: flash(H7_BUS) },
      { start: 0x24000000, size: 512 * KB, cycles: ram(H7_BUS, 0) },
      { start: 0x30000000, size: 128 * KB, cycles: ram(H7_BUS, 1) }, // SRAM1
      { start: 0x30020000, size: 128 * KB, cycles: ram(H7_BUS, 1) }, // SRAM2
      { start: 0x30040000, size: 32 * KB, cycles: ram(H7_BUS, 1) }, // SRAM3
      { start: 0x38000000, size: 64 * KB, cycles: ram(H7_BUS, 1) }, // SRAM4
    ],
  },
}
