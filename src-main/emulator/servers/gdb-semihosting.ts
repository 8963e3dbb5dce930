// Semihosting for the one at the debugger: a program's output goes to GDB's console, its exit ends what GDB calls the
// process. The core stops at each call (BKPT 0xAB) and is sent on behind it.

import type { Clock } from '../../base/clock.ts'
import { toAppError } from '../../base/errors.ts'
import { addr } from '../../base/units.ts'
import type { Core } from '../../device/cortex-m.ts'
import type { Probe } from '../../device/probe.ts'
import { SemihostingCalls, type Call, type MemoryAccess } from '../semihosting-calls.ts'

/** BKPT 0xAB */
const CALL = 0xbeab
const CALL_BYTES = 2
const DFSR = addr(0xe000ed30)
const DFSR_BKPT = 1 << 1
const DFSR_ALL = 0x1f
const NOTHING = new Uint8Array()
/** The program's heap is its own affair: which ELF GDB has loaded is not known here. */
const UNKNOWN_HEAP = { base: 0, limit: 0 }

/** What has become of a halted core: its call was served, the program has ended, or it stands there for another reason. */
export type Outcome = 'served' | 'stopped' | { exitCode: number }

export class GdbSemihosting {
  readonly #probe: Probe
  readonly #core: Core
  readonly #calls: SemihostingCalls
  #exitCode: number | undefined

  constructor(probe: Probe, core: Core, clock: Clock, onOutput: (text: Uint8Array) => void) {
    this.#probe = probe
    this.#core = core
    const start = clock.monotonicMs()
    this.#calls = new SemihostingCalls({
      heap: UNKNOWN_HEAP,
      clock,
      ticks: () => Math.floor(clock.monotonicMs() - start),
      ticksPerSecond: 1000,
      onOutput,
      onExit: (code) => {
        this.#exitCode = code
      },
    })
  }

  /** Forgets what the core has stopped for before. To be called before it runs, for `serveHalted` to tell. */
  async expect(): Promise<void> {
    await this.#probe.writeWord(DFSR, DFSR_ALL)
  }

  /** Serves the call that has stopped the running core, if it was one. */
  async serveHalted(): Promise<Outcome> {
    if ((await this.#probe.readWord(DFSR)) !== DFSR_BKPT) return 'stopped'
    return this.serveNext()
  }

  /** Serves the call that a halted core has before it, if it is one. */
  async serveNext(): Promise<Outcome> {
    const at = await this.#core.readRegister('pc')
    const call = (await this.#halfword(at)) === CALL ? await this.#begin() : undefined
    if (call === undefined) return 'stopped'
    this.#exitCode = undefined
    await this.#core.writeRegister('r0', await this.#finish(call))
    if (this.#exitCode !== undefined) return { exitCode: this.#exitCode }
    await this.#core.writeRegister('pc', at + CALL_BYTES)
    return 'served'
  }

  async #begin(): Promise<Call | undefined> {
    return this.#calls.begin(await this.#core.readRegister('r0'), await this.#core.readRegister('r1'))
  }

  /** What goes into r0; -1 where the program names memory that there is not. */
  async #finish(call: Call): Promise<number> {
    try {
      let step = call.next(NOTHING)
      while (step.done !== true) step = call.next(await this.#access(step.value))
      return step.value
    } catch (thrown) {
      if (toAppError(thrown).code !== 'BOARD_FAULT') throw thrown
      return -1
    }
  }

  async #access(access: MemoryAccess): Promise<Uint8Array> {
    const address = addr(access.address)
    if ('length' in access) return this.#probe.read(address, access.length)
    await this.#probe.write(address, access.bytes)
    return NOTHING
  }

  async #halfword(address: number): Promise<number | undefined> {
    try {
      const [low, high] = await this.#probe.read(addr(address), CALL_BYTES)
      return low! | (high! << 8)
    } catch (thrown) {
      // It stands where no memory is, which GDB gets to see.
      if (toAppError(thrown).code !== 'BOARD_FAULT') throw thrown
      return undefined
    }
  }
}
