// Which pages the interpreter may reach without asking: all that exist, but those that the MPU limits, those that a
// watchpoint looks at, and for loads those of which the breakpoint unit remaps a word. There the slow path asks for each access. Worked out anew when the view of memory changed.

import type { BreakpointUnit } from './core/breakpoint-unit.ts'
import type { CodeCache } from './code-cache.ts'
import type { Core } from './core/core.ts'
import type { Mpu, MpuView } from './core/mpu.ts'
import type { Dwt } from './core/trace.ts'
import { PAGE_BITS, type Memory } from './memory.ts'

export interface AccessMapParts {
  memory: Memory
  code: CodeCache
  core: Core
  mpu: Mpu
  dwt: Dwt
  fpb: BreakpointUnit
}

export class AccessMaps {
  #view: MpuView = 'off'
  #mpuVersion = 0
  #watchVersion = 0
  #memoryVersion = 0
  #remapVersion = 0
  /** pages whose loads have to ask a unit of the debugger's */
  #asking = new Set<number>()
  /** pages that may not be executed from, or not everywhere */
  #limited = new Map<number, 'nowhere' | 'in-parts'>()
  readonly #parts: AccessMapParts

  constructor(parts: AccessMapParts) {
    this.#parts = parts
    parts.code.mayExecute = (address) => parts.mpu.allows(this.#view, address, 'execute')
  }

  /** To be called before instructions run: privilege, masks, MPU or watchpoints may have changed. */
  settle(): void {
    const { mpu, core, dwt, fpb, memory } = this.#parts
    const view = mpu.view(core)
    const sameView = view === this.#view && (view === 'off' || mpu.version === this.#mpuVersion)
    const sameMemory = memory.version === this.#memoryVersion
    const sameUnits = dwt.version === this.#watchVersion && fpb.version === this.#remapVersion
    if (sameView && sameMemory && sameUnits) return
    this.#memoryVersion = memory.version
    this.#view = view
    this.#mpuVersion = mpu.version
    this.#watchVersion = dwt.version
    this.#remapVersion = fpb.version
    this.#remap()
  }

  #remap(): void {
    const { memory, code, core, mpu, dwt, fpb } = this.#parts
    core.storesFreely = this.#view === 'off' && !dwt.watching
    const before = this.#limited
    const limited = new Map<number, 'nowhere' | 'in-parts'>()
    this.#limited = limited
    const asking = new Set(memory.pages.filter((page) => dwt.watchesPage(page) || fpb.remapsLoadsOf(page)))
    const sameAsking = asking.size === this.#asking.size && [...asking].every((page) => this.#asking.has(page))
    this.#asking = asking
    // Translated code reads its literals where they are, or leaves them to the interpreter.
    if (!sameAsking) code.translations?.forgetAll()
    for (const page of memory.pages) {
      const start = (page << PAGE_BITS) >>> 0
      const uniform = this.#view === 'off' || mpu.uniform(page)
      const may = (access: 'read' | 'write' | 'execute') => mpu.allows(this.#view, start, access)
      const watched = dwt.watchesPage(page)
      if (!uniform) limited.set(page, 'in-parts')
      else if (!may('execute')) limited.set(page, 'nowhere')
      memory.restrict(page, {
        loads: uniform && !asking.has(page) && may('read'),
        stores: uniform && !watched && may('write'),
        fetches: !uniform || may('execute'),
      })
    }
    // What was decoded there was decoded under other permissions.
    for (const page of new Set([...before.keys(), ...limited.keys()])) {
      const same = before.get(page) === limited.get(page) && limited.get(page) === 'nowhere'
      if (!same) code.forgetPage((page << PAGE_BITS) >>> 0)
    }
  }
}
