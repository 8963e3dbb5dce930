// What memory costs in time, beyond what the core's own table says: waits for flash, misses of caches. Time only: the
// bytes come from where they always come from. One implementation for each kind of memory system; the interpreter, the
// bus and translated code know this interface alone.
//
// What an access costs may depend on the accesses before it and on their order, never on when it is asked for: that
// depends on how the run loop slices a program, and a program takes the same cycles however it is sliced.

import { STATE } from './memory.ts'

/** In STATE.LINE and STATE.DATA_LINE: none. */
export const NO_LINE = -2

/** What the costliest access takes, in cycles. */
export interface MostWaits {
  fetch: number
  load: number
  store: number
}

/** An access each: the waits of it, of an index or an offset. */
export interface TimingFunctions {
  /**
   * Waits before the instruction at an index of the code cache (offset = 2 * index) is executed: of getting its first
   * halfword. Asked for every instruction that starts a line or is branched to, and for the second half of a branch that
   * is in another line than the first. At `loadsEnd` and beyond it is nothing, and no line is in use.
   */
  fetch(index: number): number
  /** Waits of loading from this offset, below `loadsEnd`; asked for each word of a multiple load. */
  load(offset: number): number
  /** Waits of storing at this offset, below `storesEnd`. */
  store(offset: number): number
}

/**
 * Offsets are in the buffer of Memory. `Memory.state` holds in STATE.LINE the line (offset >> lineBits) that
 * instructions are executed from, in STATE.DATA_LINE the one whose loads cost nothing and change nothing; NO_LINE where
 * there is none. Whoever finds the line there need not call.
 */
export interface MemoryTiming extends TimingFunctions {
  /** 2^n bytes are a line, of instructions and of data */
  readonly lineBits: number
  /** loads at this offset and beyond cost nothing; 0: none costs anything */
  readonly loadsEnd: number
  /** the same for stores */
  readonly storesEnd: number
  /** as long as the memory system is configured as it is */
  readonly most: MostWaits
  /** what translated code calls: best in WebAssembly, with what it knows in `Memory.timing` */
  readonly functions: TimingFunctions
}

/** No line is in use. */
export function forgetLines(state: Int32Array): void {
  state[STATE.LINE] = state[STATE.DATA_LINE] = NO_LINE
}
