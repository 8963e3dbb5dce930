// Memory in which every access that is counted, in its order, changes what the next ones cost: two executions take the
// same cycles only if they make the same accesses in the same order.

import { STATE, type Memory } from '../../src-main/emulator/memory.ts'
import { forgetLines, type MemoryTiming } from '../../src-main/emulator/memory-timing.ts'

const LINE_BITS = 5

export class OrderedTiming implements MemoryTiming {
  readonly lineBits = LINE_BITS
  readonly loadsEnd: number
  readonly storesEnd: number
  readonly most = { fetch: 7, load: 7, store: 7 }
  readonly #state: Int32Array
  #mixed = 0

  constructor(memory: Memory) {
    this.loadsEnd = this.storesEnd = memory.u8.length
    this.#state = memory.state
    forgetLines(this.#state)
  }

  get functions() {
    return {
      fetch: (index: number) => this.fetch(index),
      load: (offset: number) => this.load(offset),
      store: (offset: number) => this.store(offset),
    }
  }

  #next(value: number): number {
    this.#mixed = (Math.imul(this.#mixed ^ value, 0x9e3779b1) + 1) | 0
    return this.#mixed >>> 29
  }

  fetch(index: number): number {
    const line = (2 * index) >> LINE_BITS
    if (line === this.#state[STATE.LINE]) return 0
    this.#state[STATE.LINE] = line
    return this.#next(index)
  }

  load(offset: number): number {
    return this.#next(offset + 1)
  }

  store(offset: number): number {
    return this.#next(offset + 2)
  }
}
