// What memory behind a Cortex-M7's L1 caches costs: an ESTIMATE. Tightly coupled memory costs nothing; all else is cached
// as the default memory map says (ARM DDI 0403, B3.1), in lines of 32 bytes, while CCR has the caches on.
//
// From ARM DDI 0489F, 5.9: lines are allocated by reads, and in RAM by writes too; the word that is asked for comes first,
// and who waits for it does not wait for the rest of the line. Sets and ways are those of CCSIDR. Not published, and ours:
// the line that was filled longest ago makes room in its set; stores never wait; cycles of a line, which cached-memories.ts
// tells; how far fetching runs ahead. What docs/timing.md says is left out.

import { PAGE_BITS, STATE, type Memory } from '../memory.ts'
import { forgetLines, NO_LINE, type MemoryTiming, type MostWaits, type TimingFunctions } from '../memory-timing.ts'

const LINE_BITS = 5
const NO_TAG = -1
/** bits of CCR */
const CCR = { DC: 1 << 16, IC: 1 << 17 } as const

/** Cycles that pass between the fetching of a line's end and its execution: four doublewords are queued. Ours. */
const FETCHED_AHEAD = 6

export interface CacheSize {
  sets: number
  ways: number
}

/** A memory that is no TCM, by the bus address of its first byte. */
export interface SlowMemory {
  start: number
  size: number
  /** until the word that was asked for is there, with the flash's wait states */
  cycles: (waitStates: number) => number
}

export interface MemorySystem {
  instructions: CacheSize
  data: CacheSize
  memories: readonly SlowMemory[]
  /** LATENCY in FLASH_ACR */
  latencyMask: number
}

/** Lines by set and way. Tags are line numbers. */
class Cache {
  enabled = false
  readonly #mask: number
  readonly #ways: number
  readonly #tags: Int32Array
  /** the way of each set that goes next */
  readonly #next: Uint8Array

  constructor({ sets, ways }: CacheSize) {
    this.#mask = sets - 1
    this.#ways = ways
    this.#tags = new Int32Array(sets * ways).fill(NO_TAG)
    this.#next = new Uint8Array(sets)
  }

  clear(): void {
    this.#tags.fill(NO_TAG)
    this.#next.fill(0)
  }

  /** Whether the line is there; it is from now on. */
  take(line: number): boolean {
    const tags = this.#tags
    const set = line & this.#mask
    const ways = this.#ways
    const from = set * ways
    for (let at = from; at < from + ways; at++) if (tags[at] === line) return true
    const way = this.#next[set]!
    tags[from + way] = line
    this.#next[set] = way + 1 === ways ? 0 : way + 1
    return false
  }
}

export class CachedMemoryTiming implements MemoryTiming {
  readonly lineBits = LINE_BITS
  readonly loadsEnd: number
  readonly storesEnd: number
  readonly functions: TimingFunctions
  waitStates = 0
  readonly #system: MemorySystem
  readonly #state: Int32Array
  readonly #instructions: Cache
  readonly #data: Cache
  /** by page of 2^PAGE_BITS bytes of the memory's buffer: 0 for none and for TCM */
  readonly #cycles: Uint8Array
  readonly #pages: readonly (readonly [first: number, last: number, memory: SlowMemory])[]
  #most = 0

  constructor(memory: Memory, system: MemorySystem) {
    this.#system = system
    this.#state = memory.state
    this.#instructions = new Cache(system.instructions)
    this.#data = new Cache(system.data)
    this.#pages = system.memories.map((each) => {
      const first = memory.existingOffset(each.start)
      return [first >> PAGE_BITS, (first + each.size - 1) >> PAGE_BITS, each]
    })
    const end = (Math.max(...this.#pages.map(([, last]) => last)) + 1) << PAGE_BITS
    this.loadsEnd = this.storesEnd = end
    this.#cycles = new Uint8Array(end >> PAGE_BITS)
    this.functions = {
      fetch: (index) => this.fetch(index),
      load: (offset) => this.load(offset),
      store: (offset) => this.store(offset),
    }
    this.configure(0)
  }

  get most(): MostWaits {
    return { fetch: this.#most, load: this.#most, store: 0 }
  }

  /** Takes what was written to FLASH_ACR. */
  configure(acr: number): void {
    this.waitStates = acr & this.#system.latencyMask
    for (const [first, last, memory] of this.#pages) {
      this.#cycles.fill(memory.cycles(this.waitStates), first, last + 1)
    }
    this.#most = Math.max(...this.#cycles)
    forgetLines(this.#state)
  }

  /** Takes what was written to CCR. A cache holds nothing when it is switched on: firmware has to see to that. */
  switchCaches(ccr: number): void {
    for (const [cache, bit] of [
      [this.#instructions, CCR.IC],
      [this.#data, CCR.DC],
    ] as const) {
      const enabled = (ccr & bit) !== 0
      if (enabled !== cache.enabled) cache.clear()
      cache.enabled = enabled
    }
    forgetLines(this.#state)
  }

  fetch(index: number): number {
    const state = this.#state
    const offset = index << 1
    const line = offset >> LINE_BITS
    const before = state[STATE.LINE]!
    if (line === before) return 0
    if (offset >= this.loadsEnd) {
      state[STATE.LINE] = NO_LINE
      return 0
    }
    state[STATE.LINE] = line
    const cycles = this.#cycles[offset >> PAGE_BITS]!
    if (cycles === 0 || (this.#instructions.enabled && this.#instructions.take(line))) return 0
    return line === before + 1 ? Math.max(0, cycles - FETCHED_AHEAD) : cycles
  }

  load(offset: number): number {
    const line = offset >> LINE_BITS
    if (line === this.#state[STATE.DATA_LINE]) return 0
    const cycles = this.#cycles[offset >> PAGE_BITS]!
    if (cycles === 0) return 0
    if (!this.#data.enabled) return cycles
    this.#state[STATE.DATA_LINE] = line
    return this.#data.take(line) ? 0 : cycles
  }

  /** Never waits, but fills a line. */
  store(offset: number): number {
    if (!this.#data.enabled || this.#cycles[offset >> PAGE_BITS] === 0) return 0
    const line = offset >> LINE_BITS
    if (line !== this.#state[STATE.DATA_LINE] && !this.#data.take(line)) this.#state[STATE.DATA_LINE] = line
    return 0
  }
}
