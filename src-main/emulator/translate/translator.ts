// Runs a core with its hot code translated to WebAssembly. Every few thousand cycles it looks where the core is; code
// that is found often is translated from the next branch target on. The interpreter stays in charge: it enters
// translated code where its words say so (code-cache.ts) and takes over wherever that code can't go on. What is
// executed, to the cycle, is the same with and without: a test compares the two.

import { entryWord, isEntry } from '../code-cache.ts'
import type { Core } from '../core/core.ts'
import { executeDsp } from '../execute/dsp.ts'
import { interpret } from '../execute/interpreter.ts'
import { executeVfp } from '../execute/vfp.ts'
import type { TimingFunctions } from '../memory-timing.ts'
import { compileRegion } from './compile.ts'
import { driveModule, SLOTS } from './drive.ts'
import { findRegion } from './region.ts'

interface Policy {
  /** cycles between two looks, at the least; more of them while the core is in translated code */
  shortestPeriod: number
  longestPeriod: number
  /** how often code is found before it is translated */
  hot: number
}

const USUAL: Policy = { shortestPeriod: 4096, longestPeriod: 1 << 18, hot: 2 }
/** Translates nearly everything that is executed: for tests of what comes out. */
const EAGER: Policy = { shortestPeriod: 499, longestPeriod: 499, hot: 1 }
/** 2^n halfwords count as the same code. */
const NEIGHBOURHOOD_BITS = 6
/** Instructions in which a branch target has to turn up. */
const STEPS = 200
const MOST_REMOVALS = 20
const LONGEST_BUDGET = 0x3fffffff

type RegionFunction = (index: number, block: number) => number

interface Translation {
  slot: number
  /** the index where it was begun */
  start: number
  /** halfwords that it was made from */
  first: number
  last: number
  entries: number[]
  /** of its instructions */
  indices: number[]
}

export class Translator {
  readonly #core: Core
  readonly #table: WebAssembly.Table
  readonly #free: number[] = Array.from({ length: SLOTS }, (_, slot) => SLOTS - 1 - slot)
  readonly #translations = new Set<Translation>()
  readonly #visits = new Map<number, number>()
  /** where a translation was tried, whatever came of it */
  readonly #tried = new Set<number>()
  /** how often code that was translated from an index on has changed */
  readonly #removals = new Map<number, number>()
  /** what every module may import */
  readonly #imports: WebAssembly.ModuleImports
  /** how many translations hold the instruction at an index */
  readonly #covered: Uint8Array
  /** the halfwords of all translations lie between these */
  #first = Infinity
  #last = -Infinity
  readonly #policy: Policy
  #period: number
  /** cycles that are left of it */
  #untilLook: number

  constructor(core: Core, eager = false) {
    this.#core = core
    this.#policy = eager ? EAGER : USUAL
    this.#period = this.#untilLook = this.#policy.shortestPeriod
    const { memory, code } = core
    this.#covered = new Uint8Array(code.words.length)
    this.#table = new WebAssembly.Table({ element: 'anyfunc', initial: SLOTS, maximum: SLOTS })
    this.#imports = {
      memory: memory.wasm,
      table: this.#table,
      dsp: (word: number, imm: number) => executeDsp(core, word & 511, word, imm),
      vfp: (word: number, imm: number) => executeVfp(core, word & 511, word, imm),
    }
    const drive = this.#instantiate(driveModule(memory)) as (index: number) => number
    code.translations = {
      drive,
      forget: (first, last) => this.#forget(first, last),
      forgetAll: () => this.#forgetAll(),
    }
  }

  /** As `interpret`: runs about `budget` cycles, less when the core needs attention. */
  run(budget: number): void {
    const core = this.#core
    let left = Math.min(Math.ceil(budget), LONGEST_BUDGET)
    while (left > 0 && !core.attention) {
      const before = core.cycles
      if (this.#untilLook <= 0) {
        this.#look(left)
        this.#untilLook = this.#period
      } else {
        interpret(core, Math.min(left, this.#untilLook))
        this.#untilLook -= core.cycles - before
      }
      left -= core.cycles - before
    }
  }

  /** Looks where the core is; may run it for up to `left` cycles to find out more. */
  #look(left: number): void {
    const index = this.#core.memory.fetchOffset(this.#core.pc) >> 1
    if (index < 0) return
    if (this.#covered[index] !== 0) {
      this.#period = Math.min(2 * this.#period, this.#policy.longestPeriod)
      return
    }
    this.#period = this.#policy.shortestPeriod
    const neighbourhood = index >> NEIGHBOURHOOD_BITS
    const visits = (this.#visits.get(neighbourhood) ?? 0) + 1
    this.#visits.set(neighbourhood, visits)
    if (visits % this.#policy.hot === 0) this.#stepToTarget(left)
  }

  /** Runs to a branch target that has not been translated yet, and translates from there. */
  #stepToTarget(left: number): void {
    const core = this.#core
    const end = core.cycles + left
    for (let step = 0; step < STEPS && core.cycles < end && !core.attention; step++) {
      const before = core.pc
      interpret(core, 0)
      const sequential = core.pc >= before && core.pc - before <= 4
      const index = core.memory.fetchOffset(core.pc) >> 1
      if (sequential || index < 0 || core.attention || this.#tried.has(index)) continue
      if (isEntry(core.code.words[index]!)) continue
      this.#tried.add(index)
      this.#translate(index, (core.pc - 2 * index) | 0)
      return
    }
  }

  #translate(start: number, base: number): void {
    const { memory, code, memoryTiming } = this.#core
    const slot = this.#free.pop()
    if (slot === undefined) return
    const region = findRegion({ memory, code, timing: memoryTiming }, start, base)
    if (region === undefined) {
      this.#free.push(slot)
      return
    }
    const module = compileRegion(memory, region, base, memoryTiming)
    const run = this.#instantiate(module, memoryTiming?.functions) as RegionFunction
    this.#table.set(slot, run)
    const entries: number[] = []
    for (const { id, start: index, entry } of region.blocks) {
      const word = code.words[index]!
      if (!entry || isEntry(word)) continue
      code.entries.set(index, word)
      code.words[index] = entryWord(slot, id)
      entries.push(index)
    }
    const { first, last, indices } = region
    for (const index of indices) this.#covered[index]!++
    this.#translations.add({ slot, start, first, last, entries, indices })
    this.#first = Math.min(this.#first, first)
    this.#last = Math.max(this.#last, last)
  }

  /** The function that a module exports. Small modules compile at once; V8 improves them in the background. */
  #instantiate(bytes: Uint8Array<ArrayBuffer>, timing?: TimingFunctions): unknown {
    const env = { ...this.#imports, ...timing }
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports['run']
  }

  #forget(first: number, last: number): void {
    if (last < this.#first || first > this.#last || !this.#holdsInstructions(first, last)) return
    for (const translation of this.#translations) {
      if (last < translation.first || first > translation.last) continue
      this.#remove(translation)
      const { start } = translation
      const removals = (this.#removals.get(start) ?? 0) + 1
      this.#removals.set(start, removals)
      // Code that keeps changing is left to the interpreter.
      if (removals === MOST_REMOVALS) this.#tried.add(start)
    }
  }

  #forgetAll(): void {
    for (const translation of this.#translations) this.#remove(translation)
  }

  /** Data between translated instructions may change. */
  #holdsInstructions(first: number, last: number): boolean {
    for (let index = first; index <= last; index++) if (this.#covered[index] !== 0) return true
    return false
  }

  #remove(translation: Translation): void {
    const { code } = this.#core
    const { slot, start, entries, indices } = translation
    for (const index of indices) this.#covered[index]!--
    for (const index of entries) {
      const word = code.words[index]!
      if (isEntry(word) && word >>> 19 === entryWord(slot, 0) >>> 19) code.words[index] = code.entries.get(index)!
      code.entries.delete(index)
    }
    this.#tried.delete(start)
    this.#table.set(slot, null)
    this.#free.push(slot)
    this.#translations.delete(translation)
  }
}
