// FlashTiming.fetch and load (flash-accelerator.ts) once more, in WebAssembly: translated code calls these.

import { STATE, type Memory } from '../memory.ts'
import { NO_LINE } from '../memory-timing.ts'
import { ACCESS, encodeModule, TYPE, W, WasmCode } from '../translate/wasm-encoder.ts'
import { FLASH_STATE, LINE_BITS, LINE_HALFWORDS, type LineCache } from './flash-line-cache.ts'

export interface CachedFlash {
  memory: Memory
  /** bytes */
  size: number
  cache: LineCache
}

type Waits = (at: number) => number

/** The parameter, an index or an offset, and locals. */
const AT = 0
const LINE = 1
const BEFORE = 2
const ENTRY_BEFORE = 3
const SLOT = 4
const OLDEST = 5
const CLOCK = 6
const LOCALS = 6

class FlashCode extends WasmCode {
  readonly #memory: Memory
  readonly #cache: LineCache

  constructor({ memory, cache }: CachedFlash) {
    super()
    this.#memory = memory
    this.#cache = cache
  }

  #timingAt(word: number): number {
    return this.#memory.at.timing + 4 * word
  }

  /** Pushes a word of Memory.timing. */
  word(word: number): this {
    return this.const(0).access(ACCESS.i32load, this.#timingAt(word))
  }

  state(word: number): this {
    return this.const(0).access(ACCESS.i32load, this.#memory.at.state + 4 * word)
  }

  setState(word: number, value: () => void): void {
    this.const(0)
    value()
    this.access(ACCESS.i32store, this.#memory.at.state + 4 * word)
  }

  setWord(word: number, value: () => void): void {
    this.const(0)
    value()
    this.access(ACCESS.i32store, this.#timingAt(word))
  }

  returnZero(): void {
    this.const(0).op(W.return)
  }

  #tick(): void {
    const { clockAt } = this.#cache
    this.word(clockAt).const(1).op(W.i32add).set(CLOCK)
    this.setWord(clockAt, () => this.get(CLOCK))
  }

  /** Pushes the byte offset of a slot's word. */
  #slotWord(local: number): this {
    return this.get(local).const(2).op(W.i32shl)
  }

  /** Returns 0 where the cache holds the line in LINE. */
  returnIfHeld(): void {
    const { slotOfAt, usedAt } = this.#cache
    this.get(LINE).access(ACCESS.i32load8u, this.#timingAt(slotOfAt)).tee(SLOT).if()
    this.#tick()
    // Slots count from one here.
    this.#slotWord(SLOT)
      .get(CLOCK)
      .access(ACCESS.i32store, this.#timingAt(usedAt - 1))
    this.returnZero()
    this.end()
  }

  /** Puts the line in LINE into the cache, if that is on. */
  insert(): void {
    const { enabledAt, slots, usedAt, linesAt, slotOfAt } = this.#cache
    const used = (local: number) => this.#slotWord(local).access(ACCESS.i32load, this.#timingAt(usedAt))
    this.word(enabledAt).if()
    this.#tick()
    this.const(0).set(OLDEST).const(1).set(SLOT)
    const again = this.loop()
    this.get(SLOT).get(OLDEST)
    used(SLOT)
    used(OLDEST).op(W.i32sub).const(0).op(W.i32lts, W.select).set(OLDEST)
    this.get(SLOT).const(1).op(W.i32add).tee(SLOT).const(slots).op(W.i32ltu).brIf(again)
    this.end()
    // The line that goes.
    this.#slotWord(OLDEST).access(ACCESS.i32load, this.#timingAt(linesAt)).tee(SLOT)
    this.const(0).op(W.i32ges).if()
    this.get(SLOT).const(0).access(ACCESS.i32store8, this.#timingAt(slotOfAt))
    this.end()
    this.#slotWord(OLDEST).get(LINE).access(ACCESS.i32store, this.#timingAt(linesAt))
    this.#slotWord(OLDEST).get(CLOCK).access(ACCESS.i32store, this.#timingAt(usedAt))
    this.get(LINE).get(OLDEST).const(1).op(W.i32add).access(ACCESS.i32store8, this.#timingAt(slotOfAt))
    this.end()
  }

  instantiate(): Waits {
    const bytes = encodeModule({
      types: [{ parameters: [TYPE.i32], results: [TYPE.i32] }],
      imports: [],
      memoryPages: this.#memory.wasm.buffer.byteLength >>> 16,
      run: { type: 0, locals: [[LOCALS, TYPE.i32]], code: this.bytes },
    })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: this.#memory.wasm } })
    return instance.exports['run'] as Waits
  }
}

export function compileFetch(flash: CachedFlash): Waits {
  const f = new FlashCode(flash)
  f.get(AT)
    .const(LINE_BITS - 1)
    .op(W.i32shru)
    .tee(LINE)
  f.state(STATE.LINE).tee(BEFORE).op(W.i32eq).if()
  f.returnZero()
  f.end()
  f.get(AT)
    .const(flash.size >> 1)
    .op(W.i32geu)
    .if()
  f.setState(STATE.LINE, () => f.const(NO_LINE))
  f.returnZero()
  f.end()
  f.word(FLASH_STATE.ENTRY).set(ENTRY_BEFORE)
  f.setState(STATE.LINE, () => f.get(LINE))
  f.setWord(FLASH_STATE.ENTRY, () =>
    f
      .get(AT)
      .const(LINE_HALFWORDS - 1)
      .op(W.i32and),
  )
  f.returnIfHeld()
  f.get(LINE).get(BEFORE).op(W.i32sub).const(1).op(W.i32eq).word(FLASH_STATE.PREFETCH).op(W.i32and).if()
  f.word(FLASH_STATE.WAIT_STATES)
    .get(ENTRY_BEFORE)
    .op(W.i32add)
    .const(LINE_HALFWORDS - 1)
    .op(W.i32sub)
  f.tee(SLOT).const(0).get(SLOT).const(0).op(W.i32ges, W.select, W.return)
  f.end()
  f.insert()
  f.word(FLASH_STATE.WAIT_STATES)
  return f.instantiate()
}

export function compileLoad(flash: CachedFlash): Waits {
  const f = new FlashCode(flash)
  f.get(AT).const(LINE_BITS).op(W.i32shru).tee(LINE)
  f.state(STATE.DATA_LINE).op(W.i32eq).if()
  f.returnZero()
  f.end()
  f.setState(STATE.DATA_LINE, () => f.get(LINE).const(NO_LINE).word(flash.cache.enabledAt).op(W.select))
  f.returnIfHeld()
  f.insert()
  f.word(FLASH_STATE.WAIT_STATES)
  return f.instantiate()
}
