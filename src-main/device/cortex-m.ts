// Core debug of an Armv7-M core through a probe. Registers and bits: Armv7-M ARM (DDI 0403E), chapters C1.6 and B3.2.

import { setTimeout as delay } from 'node:timers/promises'
import { systemClock, type Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { addr, hexAddr } from '../base/units.ts'
import type { Probe } from './probe.ts'

const AIRCR = addr(0xe000ed0c)
const AIRCR_SYSRESETREQ = 0x05fa0004
const DHCSR = addr(0xe000edf0)
const DCRSR = addr(0xe000edf4)
const DCRDR = addr(0xe000edf8)
const DEMCR = addr(0xe000edfc)

const DHCSR_KEY = 0xa05f0000
const C_DEBUGEN = 1 << 0
const C_HALT = 1 << 1
const C_STEP = 1 << 2
const C_MASKINTS = 1 << 3
const S_REGRDY = 1 << 16
const S_HALT = 1 << 17
const S_SLEEP = 1 << 18
const S_LOCKUP = 1 << 19
const S_RESET_ST = 1 << 25

const DCRSR_WRITE = 1 << 16

const VC_CORERESET = 1 << 0
const TRCENA = 1 << 24

const ITM_TER = addr(0xe0000e00)
const ITM_TCR = addr(0xe0000e80)
const ITM_TCR_ENABLE = 1 << 0
const ITM_LAR = addr(0xe0000fb0)
const LOCK_ACCESS = 0xc5acce55

/** DCRSR.REGSEL, C1.6.3 */
const NAMED_REGISTERS = {
  sp: 13,
  lr: 14,
  pc: 15,
  xpsr: 16,
  msp: 17,
  psp: 18,
  /** CONTROL, FAULTMASK, BASEPRI, PRIMASK, from the high byte to the low */
  special: 20,
  fpscr: 33,
} as const
const FIRST_FP_REGISTER = 64

/** r0 to r12, those with a name, and s0 to s31 */
export type CoreRegister = `r${number}` | `s${number}` | keyof typeof NAMED_REGISTERS

function selectorOf(register: CoreRegister): number {
  if (register in NAMED_REGISTERS) return NAMED_REGISTERS[register as keyof typeof NAMED_REGISTERS]
  return Number(register.slice(1)) + (register.startsWith('s') ? FIRST_FP_REGISTER : 0)
}

export interface CoreState {
  halted: boolean
  sleeping: boolean
  /** a fault inside a fault: only a reset or a debugger helps */
  lockedUp: boolean
  /** since the last look: the chip forgets when it is asked */
  wasReset: boolean
}

export interface Core {
  state(): Promise<CoreState>
  /** Throws BOARD_TIMEOUT when the core does not stop. */
  halt(): Promise<void>
  resume(): Promise<void>
  /** One instruction of a halted core, with no interrupt taken on the way. */
  step(): Promise<void>
  /** A system reset; stops before the first instruction, whatever is in flash. */
  resetAndHalt(): Promise<void>
  readRegister(register: CoreRegister): Promise<number>
  writeRegister(register: CoreRegister, value: number): Promise<void>
  /** Lets the firmware's writes to ITM stimulus port 0 out. */
  enableMarks(): Promise<void>
}

const TIMEOUT_MS = 2000

export function createCore(probe: Probe, clock: Clock = systemClock): Core {
  async function waitFor(bit: number, what: string) {
    const start = clock.monotonicMs()
    for (;;) {
      const dhcsr = await probe.readWord(DHCSR)
      if (dhcsr & bit) return
      if (clock.monotonicMs() - start > TIMEOUT_MS) {
        throw new AppError('BOARD_TIMEOUT', `The core does not ${what}.`, { context: { DHCSR: hexAddr(dhcsr) } })
      }
      await delay(1)
    }
  }

  const control = (bits: number) => probe.writeWord(DHCSR, (DHCSR_KEY | C_DEBUGEN | bits) >>> 0)

  async function setDemcr(set: number, clear: number) {
    await probe.writeWord(DEMCR, (((await probe.readWord(DEMCR)) & ~clear) | set) >>> 0)
  }

  return {
    async state() {
      const dhcsr = await probe.readWord(DHCSR)
      return {
        halted: !!(dhcsr & S_HALT),
        sleeping: !!(dhcsr & S_SLEEP),
        lockedUp: !!(dhcsr & S_LOCKUP),
        wasReset: !!(dhcsr & S_RESET_ST),
      }
    },
    async halt() {
      await control(C_HALT)
      await waitFor(S_HALT, 'halt')
    },
    resume: () => control(0),
    async step() {
      // C_MASKINTS may change while the core is halted only (C1.6.2).
      await control(C_HALT | C_MASKINTS)
      await control(C_STEP | C_MASKINTS)
      await waitFor(S_HALT, 'halt after a step')
      await control(C_HALT)
    },
    async resetAndHalt() {
      await control(C_HALT)
      await setDemcr(VC_CORERESET, 0)
      await probe.writeWord(AIRCR, AIRCR_SYSRESETREQ)
      await waitFor(S_HALT, 'halt at its reset vector')
      await setDemcr(0, VC_CORERESET)
    },
    async readRegister(register) {
      await probe.writeWord(DCRSR, selectorOf(register))
      await waitFor(S_REGRDY, `hand over ${register}`)
      return probe.readWord(DCRDR)
    },
    async writeRegister(register, value) {
      await probe.writeWord(DCRDR, value >>> 0)
      await probe.writeWord(DCRSR, DCRSR_WRITE | selectorOf(register))
      await waitFor(S_REGRDY, `take ${register}`)
    },
    async enableMarks() {
      await setDemcr(TRCENA, 0)
      await probe.writeWord(ITM_LAR, LOCK_ACCESS)
      await probe.writeWord(ITM_TCR, ITM_TCR_ENABLE)
      await probe.writeWord(ITM_TER, 1)
    },
  }
}
