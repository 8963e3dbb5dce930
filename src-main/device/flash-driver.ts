// What every flash controller of ST's can be asked to do, and how the host waits for it and reads its error flags.
// The drivers go through the probe alone. The core must be halted, or stay away from flash as the loader in RAM does.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { hexAddr, type Addr } from '../base/units.ts'
import type { FlashSector } from './board-data.ts'
import type { Probe } from './probe.ts'

export interface FlashProtection {
  /** read-out protection: 0 is none */
  level: 0 | 1 | 2
  /** indices of sectors that refuse to change */
  writeProtected: number[]
}

/** What somebody else than the driver needs to know to program flash while the controller is unlocked. */
export interface ProgramSetup {
  control: Addr
  /** what the control register holds while flash is programmed, and afterwards */
  program: number
  idle: number
  status: StatusRegister
  /** bytes that are programmed at once, word by word; then the controller is waited for */
  unitBytes: number
}

export interface FlashDriver {
  /** what is programmed at once; flash is written in multiples of it */
  readonly programBytes: number
  protection(): Promise<FlashProtection>
  /** Runs `work` with the controller unlocked and locks it again whatever happens. */
  unlocked<T>(work: () => Promise<T>): Promise<T>
  /** Throws FLASH_FAILED with the controller's error flags. */
  erase(sector: FlashSector): Promise<void>
  /** For the flash at `address` and the rest of its sector. */
  programSetup(address: Addr): ProgramSetup
  /** `address` and the length are multiples of `programBytes`, the flash there is erased. `onBytes` counts what is written. */
  program(address: Addr, data: Uint8Array, onBytes: (count: number) => void): Promise<void>
}

/** The level that an RDP byte stands for: 0xAA is 0, 0xCC is 2, everything else 1. */
export function protectionLevel(rdp: number): 0 | 1 | 2 {
  if (rdp === 0xaa) return 0
  return rdp === 0xcc ? 2 : 1
}

/** Indices of the sectors whose bit is 0. */
export const clearBits = (word: number, count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, n) => n)
    .filter((n) => ((word >>> n) & 1) === 0)
    .map((n) => first + n)

export interface StatusRegister {
  name: string
  address: Addr
  busy: number
  errors: readonly { bit: number; name: string; meaning: string }[]
}

export const errorBits = ({ errors }: StatusRegister) => errors.reduce((bits, error) => bits | error.bit, 0)

/** `status`: the register's content, in which an error flag is set. */
export function controllerError(register: StatusRegister, status: number, what: string): AppError {
  const errors = register.errors.filter((error) => status & error.bit)
  const reasons = errors.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')
  return new AppError('FLASH_FAILED', `${what} failed: ${reasons}.`, {
    context: { errors: errors.map(({ name }) => name), [register.name]: hexAddr(status) },
  })
}

export const controllerBusy = (register: StatusRegister, status: number, what: string): AppError =>
  new AppError('FLASH_FAILED', `${what} does not end: the controller stays busy.`, {
    context: { [register.name]: hexAddr(status) },
  })

/** Waits until the controller is idle. Throws FLASH_FAILED with the error flags, or when it does not end. */
export async function finishFlash(
  { probe, clock }: { probe: Probe; clock: Clock },
  register: StatusRegister,
  what: string,
  timeoutMs: number,
): Promise<void> {
  const start = clock.monotonicMs()
  for (let looks = 1; ; looks++) {
    const status = await probe.readWord(register.address)
    if ((status & errorBits(register)) !== 0) throw controllerError(register, status, what)
    if ((status & register.busy) === 0) return
    // A probe's transaction takes about a millisecond: that is pause enough. It passes on a virtual board too, whose time
    // stands still between commands however long a busy computer takes for them: so the looks have to be enough as well.
    if (clock.monotonicMs() - start > timeoutMs && looks > timeoutMs) throw controllerBusy(register, status, what)
    await nextTurn()
  }
}

export const staysLocked = () =>
  new AppError('FLASH_FAILED', 'The flash controller stays locked. Only a reset opens it again.')
