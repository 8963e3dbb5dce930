// What the debug port of each chip says of itself, by DBGMCU device id. Sources: RM0090 38.8 (F405/407), RM0385 40.8
// (F746), RM0433 60.4 (H743); the increment page is the Armv7-M cores' own (Cortex-M4 TRM 9, Cortex-M7 TRM 10).

import { KB } from '../base/units.ts'

export interface AccessPort {
  /** APSEL */
  index: number
  idr: number
  /** address of its ROM table, with the two low bits that say so */
  base: number
  /** a port that sees the debug components at other addresses than the core does */
  window?: { start: number; size: number; target: number }
}

/** Where a chip says what SWDIO and SWCLK are used for. */
export interface DebugPins {
  /** address of their port's MODER */
  modeRegister: number
  mask: number
  /** what its masked bits are while the pins belong to the debug port */
  alternate: number
}

/** PA13 and PA14, two bits each, 10: alternate function (RM0090 8.4.1, RM0385 6.4.1, RM0433 11.4.1). */
const swdOnPortA = (modeRegister: number): DebugPins => ({ modeRegister, mask: 0x3c000000, alternate: 0x28000000 })

/** A register of DBGMCU and the bits in it that stop the watchdogs while the core is halted. */
export interface FreezeRegister {
  address: number
  bits: number
}

/** DBGMCU_APB1_FZ: WWDG and IWDG (RM0090 38.16.4, RM0385 40.16.4; the same in ST's stm32f407xx.h and stm32f746xx.h) */
const FREEZE_F4: readonly FreezeRegister[] = [{ address: 0xe0042008, bits: (1 << 11) | (1 << 12) }]
/** DBGMCU_APB3FZ1: WWDG1; DBGMCU_APB4FZ1: IWDG1 (RM0433 60.5.8; the same in ST's stm32h743xx.h) */
const FREEZE_H7: readonly FreezeRegister[] = [
  { address: 0x5c001034, bits: 1 << 6 },
  { address: 0x5c001054, bits: 1 << 18 },
]

export interface DebugPortData {
  dpidr: number
  /** TAR counts up within one page of this many bytes, and wraps there */
  incrementBytes: number
  accessPorts: readonly AccessPort[]
  pins: DebugPins
  watchdogFreeze: readonly FreezeRegister[]
}

const BY_CHIP: Readonly<Record<number, DebugPortData>> = {
  0x413: {
    dpidr: 0x2ba01477,
    incrementBytes: 4 * KB,
    accessPorts: [{ index: 0, idr: 0x24770011, base: 0xe00ff003 }],
    pins: swdOnPortA(0x40020000),
    watchdogFreeze: FREEZE_F4,
  },
  0x449: {
    dpidr: 0x5ba02477,
    incrementBytes: 1 * KB,
    accessPorts: [{ index: 0, idr: 0x74770001, base: 0xe00fd003 }],
    pins: swdOnPortA(0x40020000),
    watchdogFreeze: FREEZE_F4,
  },
  0x450: {
    dpidr: 0x6ba02477,
    incrementBytes: 1 * KB,
    accessPorts: [
      { index: 0, idr: 0x84770001, base: 0xe00fe003 },
      { index: 1, idr: 0x84770001, base: 0x00000002 },
      // The system debug bus: DBGMCU and the trace units of the D3 domain.
      {
        index: 2,
        idr: 0x54770002,
        base: 0xe00e0003,
        window: { start: 0xe00e0000, size: 64 * KB, target: 0x5c000000 },
      },
    ],
    pins: swdOnPortA(0x58020000),
    watchdogFreeze: FREEZE_H7,
  },
}

export const debugPortOf = (idCode: number): DebugPortData | undefined => BY_CHIP[idCode]

/** Bytes that one block may cover at most without wrapping; what every Armv7-M core can do, where `dpidr` is unknown. */
export const incrementBytesOf = (dpidr: number): number =>
  Object.values(BY_CHIP).find((port) => port.dpidr === dpidr)?.incrementBytes ?? 1 * KB
