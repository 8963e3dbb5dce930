// What differs between the cores: identification, instructions beyond Armv7E-M with FPv4-SP, debug units, caches.
// Sources: ARM DDI 0439 (Cortex-M4 TRM), ARM DDI 0489 (Cortex-M7 TRM), chapters on system control and on the FPU.

import type { Encoding } from '../decode/pattern.ts'
import { FPV5_SINGLE } from '../decode/fpv5.ts'
import { FPV5_DOUBLE } from '../decode/fpv5-double.ts'
import type { DecodeAt, InstructionTiming } from '../timing/instruction-timing.ts'
import { m4Timing } from '../timing/m4-timing.ts'
import { m7Timing } from '../timing/m7-timing.ts'

export interface Processor {
  /** read-only words of the system control space, by offset from 0xE000E000 */
  identification: Readonly<Record<number, number>>
  /** decoded where FPv4-SP has nothing */
  instructions: readonly Encoding[]
  /** what instructions take */
  timing: (decodeAt: DecodeAt, halfwords: number) => InstructionTiming
  /** bits of CCR that software can change, and what reset leaves */
  ccr: { writable: number; reset: number }
  /** bits of ACTLR that there are; only the M4's DISDEFWBUF changes anything here */
  actlr: number
  /** stores that fail after the core went on (late-stores.ts) */
  lateStores: 'buffered' | 'all'
  /** the FPB's comparators, of instructions and of literals */
  breakpoints: { version: 1 | 2; count: number; literals: number }
  hasBitBands: boolean
  /** CCSIDR by CSSELR (0: data, 1: instructions), where there are caches */
  caches: readonly number[]
}

const STKALIGN = 1 << 9
const CCR_M4_WRITABLE = 0x31b
/** the caches' enable bits */
const CCR_DC_IC = (1 << 16) | (1 << 17)
/** branch prediction, always on */
const CCR_BP = 1 << 18

const FEATURES = {
  0xd40: 0x00000030, // ID_PFR0
  0xd44: 0x00000200, // ID_PFR1
  0xd48: 0x00100000, // ID_DFR0
  0xd50: 0x00100030, // ID_MMFR0
  0xd60: 0x01141110, // ID_ISAR0
  0xd64: 0x02112000, // ID_ISAR1
  0xd68: 0x21232231, // ID_ISAR2
  0xd6c: 0x01111131, // ID_ISAR3
  0xd70: 0x01310132, // ID_ISAR4
}

/** r0p1, with FPv4-SP */
export const CORTEX_M4F: Processor = {
  identification: {
    ...FEATURES,
    0xd00: 0x410fc241, // CPUID
    0xf40: 0x10110021, // MVFR0
    0xf44: 0x11000011, // MVFR1
  },
  instructions: [],
  timing: m4Timing,
  ccr: { writable: CCR_M4_WRITABLE, reset: STKALIGN },
  actlr: 0x307, // ARM DDI 0439, 4.2: DISMCYCINT, DISDEFWBUF, DISFOLD, DISFPCA, DISOOFP
  lateStores: 'buffered',
  breakpoints: { version: 1, count: 6, literals: 2 },
  hasBitBands: true,
  caches: [],
}

/** What the two Cortex-M7 share. Stack alignment can't be switched off. */
const CORTEX_M7 = {
  timing: m7Timing,
  ccr: { writable: (CCR_M4_WRITABLE & ~STKALIGN) | CCR_DC_IC, reset: STKALIGN | CCR_BP },
  actlr: 0x1ffffc04, // ARM DDI 0489, 3.3.1
  lateStores: 'all',
  breakpoints: { version: 2, count: 8, literals: 0 },
  hasBitBands: false,
} as const

const CACHED_FEATURES = {
  ...FEATURES,
  0xd58: 0x01000000, // ID_MMFR2
  0xd60: 0x01101110, // ID_ISAR0
  0xd78: 0x09000003, // CLIDR: one level, data and instructions apart
  0xd7c: 0x8303c003, // CTR: lines of 32 bytes
  0xf48: 0x00000040, // MVFR2
}

/** r0p1 with FPv5 in single precision and caches of 4 KB */
export const CORTEX_M7_SINGLE: Processor = {
  ...CORTEX_M7,
  identification: { ...CACHED_FEATURES, 0xd00: 0x410fc271, 0xf40: 0x10110021, 0xf44: 0x11000011 },
  instructions: FPV5_SINGLE,
  caches: [0xf003e019 | 0, 0xf007e009 | 0],
}

/** r1p1 with FPv5 in both precisions and caches of 16 KB */
export const CORTEX_M7_DOUBLE: Processor = {
  ...CORTEX_M7,
  identification: { ...CACHED_FEATURES, 0xd00: 0x411fc271, 0xf40: 0x10110221, 0xf44: 0x12000011 },
  instructions: [...FPV5_SINGLE, ...FPV5_DOUBLE],
  caches: [0xf00fe019 | 0, 0xf01fe009 | 0],
}
