// A machine under the test's hands: an image in flash, the debugger's bus, and running to a stop.

import { expect } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { BusFault } from '../../src-main/emulator/core/faults.ts'
import { Machine, type MachineOptions } from '../../src-main/emulator/machine.ts'

export const FLASH = 0x08000000
export const SRAM = 0x20000000
export const STACK = 0x20010000

export const REGISTER = {
  SYST_CTRL: 0xe000e010,
  SYST_LOAD: 0xe000e014,
  SYST_VAL: 0xe000e018,
  NVIC_ISER: 0xe000e100,
  NVIC_ISPR: 0xe000e200,
  NVIC_IPR: 0xe000e400,
  ACTLR: 0xe000e008,
  CPUID: 0xe000ed00,
  ICSR: 0xe000ed04,
  VTOR: 0xe000ed08,
  AIRCR: 0xe000ed0c,
  CCR: 0xe000ed14,
  SHPR3: 0xe000ed20,
  SHCSR: 0xe000ed24,
  CFSR: 0xe000ed28,
  HFSR: 0xe000ed2c,
  DFSR: 0xe000ed30,
  BFAR: 0xe000ed38,
  CPACR: 0xe000ed88,
  MPU_CTRL: 0xe000ed94,
  MPU_RNR: 0xe000ed98,
  MPU_RBAR: 0xe000ed9c,
  MPU_RASR: 0xe000eda0,
  DHCSR: 0xe000edf0,
  DCRSR: 0xe000edf4,
  DCRDR: 0xe000edf8,
  DEMCR: 0xe000edfc,
  DWT_CTRL: 0xe0001000,
  DWT_CYCCNT: 0xe0001004,
  DWT_COMP0: 0xe0001020,
  DWT_FUNCTION0: 0xe0001028,
  ITM_STIM0: 0xe0000000,
  ITM_TER: 0xe0000e00,
  ITM_TCR: 0xe0000e80,
  ITM_LAR: 0xe0000fb0,
  FP_CTRL: 0xe0002000,
  FP_REMAP: 0xe0002004,
  FP_COMP0: 0xe0002008,
} as const

export const DEBUG_KEY = 0xa05f0000
export const HALT = (DEBUG_KEY | 3) >>> 0
export const RUN = (DEBUG_KEY | 1) >>> 0
export const STEP = (DEBUG_KEY | 5) >>> 0
export const S_HALT = 1 << 17
export const S_LOCKUP = 1 << 19

/** A vector table with this stack and these handlers by exception number; the rest go to `other`. */
export function vectors(reset: string, handlers: Readonly<Record<number, string>> = {}, other = reset): string {
  const words = Array.from(
    { length: 15 + 82 },
    (_, index) => `${handlers[index + 1] ?? (index === 0 ? reset : other)} + 1`,
  )
  return `.word ${STACK}\n.word ${words.join(', ')}\n`
}

export function createMachine(image: Uint8Array, board = 'stm32f407', options: MachineOptions = {}): Machine {
  const machine = new Machine(findBoardData(board)!, options)
  expect(machine.preload(FLASH, image)).toBe(true)
  machine.reset()
  return machine
}

function asDebugger<T>(machine: Machine, access: () => T): T {
  machine.bus.debugger = true
  try {
    return access()
  } finally {
    machine.bus.debugger = false
    machine.settle()
  }
}

export const peek = (machine: Machine, address: number, size = 4) =>
  asDebugger(machine, () => machine.bus.read(address, size) >>> 0)

export const poke = (machine: Machine, address: number, value: number, size = 4) =>
  asDebugger(machine, () => machine.bus.write(address, size, value | 0))

export const faults = (access: () => unknown) => {
  try {
    access()
    return false
  } catch (thrown) {
    if (thrown instanceof BusFault) return true
    throw thrown
  }
}

/** Runs with a debugger attached until the core halts at a BKPT, and says where. */
export function runToBreakpoint(machine: Machine, cycles = 1_000_000): number {
  if (peek(machine, REGISTER.DHCSR) & S_HALT) {
    // Past the BKPT that stopped it.
    machine.core.pc += 2
  }
  poke(machine, REGISTER.DHCSR, RUN)
  expect(machine.run(cycles)).toBe('halted')
  return machine.core.pc
}
