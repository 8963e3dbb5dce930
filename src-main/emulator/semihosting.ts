// Semihosting of a program that an emulated core runs with nobody at its debug port: each call is served where it stands.

import type { Clock } from '../base/clock.ts'
import { BusFault } from './core/faults.ts'
import type { Machine } from './machine.ts'
import { SemihostingCalls, type Heap, type MemoryAccess, type OutputStream } from './semihosting-calls.ts'

export interface SemihostingOptions {
  heap: Heap
  clock: Clock
  onOutput: (text: Uint8Array, stream: OutputStream) => void
  onExit: (code: number) => void
}

const NOTHING = new Uint8Array()

export class Semihosting {
  readonly #machine: Machine
  readonly #calls: SemihostingCalls

  constructor(machine: Machine, options: SemihostingOptions) {
    this.#machine = machine
    this.#calls = new SemihostingCalls({
      ...options,
      ticks: () => machine.counters.cycles,
      ticksPerSecond: machine.data.clock,
      onExit: (code) => {
        machine.stopRequested = true
        machine.core.attention = true
        options.onExit(code)
      },
    })
  }

  /** Serves one call. False when the operation is unknown. */
  handle(): boolean {
    const { core } = this.#machine
    const call = this.#calls.begin(core.r[0]!, core.r[1]!)
    if (call === undefined) return false
    try {
      let step = call.next(NOTHING)
      while (step.done !== true) step = call.next(this.#access(step.value))
      core.r[0] = step.value
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.r[0] = -1
    }
    return true
  }

  #access(access: MemoryAccess): Uint8Array {
    const { memory, bus } = this.#machine
    const { address } = access
    if ('bytes' in access) {
      access.bytes.forEach((byte, index) => bus.write((address + index) >>> 0, 1, byte))
      return NOTHING
    }
    const offset = memory.offsetOf(address)
    const end = offset + access.length
    if (offset < 0 || memory.offsetOf(address + access.length - 1) !== end - 1) throw new BusFault(address)
    return memory.u8.slice(offset, end)
  }
}
