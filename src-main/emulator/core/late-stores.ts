// Stores whose failure the core hears of after it went on: imprecise bus faults. On the Cortex-M4 these are the buffered
// ones, all but those to strongly-ordered memory and, with ACTLR.DISDEFWBUF, those that the default memory map decides
// on (ARM DDI 0439, 3.3.2 and 4.2); on the Cortex-M7 all (ST PM0253, 2.5.3; ARM DUI 0646, 2.4.3). A store-exclusive
// waits for its answer on both, because that is its result.
//
// How late the answer comes depends on the bus. Here it always comes while the next instruction is executed (the M4's
// buffer holds one store), so that the fault is taken after one more instruction, whatever that is.

import { BusFault, ProtectionFault } from './faults.ts'
import type { Core } from './core.ts'
import type { Mpu } from './mpu.ts'

export class LateStores {
  /** the answer to a store that the core did not wait for is still to come, and it is an error */
  failing = false
  readonly #core: Core
  readonly #mpu: Mpu
  readonly #late: 'buffered' | 'all'

  constructor(core: Core, mpu: Mpu, late: 'buffered' | 'all') {
    this.#core = core
    this.#mpu = mpu
    this.#late = late
  }

  /** Takes the failure of a store over; false: the store is precise, or nothing has reached the bus. */
  takes(thrown: unknown, address: number): boolean {
    if (!(thrown instanceof BusFault) || thrown.unaligned || thrown instanceof ProtectionFault) return false
    if (!this.#isLate(address)) return false
    this.failing = true
    this.#core.attention = true
    return true
  }

  #isLate(address: number): boolean {
    if (this.#late === 'all') return true
    const core = this.#core
    const memory = this.#mpu.memoryType(this.#mpu.view(core, core.bus.unprivileged), address)
    return memory === 'bufferable' || (memory === 'default' && !core.scb.writesUnbuffered)
  }
}
