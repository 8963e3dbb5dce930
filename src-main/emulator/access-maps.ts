// Which pages the interpreter may reach without asking: all that exist, but those that the MPU limits and those that
// a watchpoint looks at. There the slow path asks for each access. Worked out anew when the view of memory changed.

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
}

export class AccessMaps {
  #view: MpuView = 'off'
  #mpuVersion = 0
  #watchVersion = 0
  #memoryVersion = 0
  /** pages that may not be executed from, or not everywhere */
  #limited = new Map<number, 'nowhere' | 'in-parts'>()
  readonly #parts: AccessMapParts

  constructor(parts: AccessMapParts) {
    this.#parts = parts
    parts.code.mayExecute = (address) => parts.mpu.allows(this.#view, address, 'execute')
  }

  /** To be called before instructions run: privilege, masks, MPU or watchpoints may have changed. */
  settle(): void {
    const { mpu, core, dwt, memory } = this.#parts
    const view = mpu.view(core)
    const sameView = view === this.#view && (view === 'off' || mpu.version === this.#mpuVersion)
    const sameMemory = memory.version === this.#memoryVersion
    if (sameView && sameMemory && dwt.version === this.#watchVersion) return
    this.#memoryVersion = memory.version
    this.#view = view
    this.#mpuVersion = mpu.version
    this.#watchVersion = dwt.version
    this.#remap()
  }

  #remap(): void {
    const { memory, code, core, mpu, dwt } = this.#parts
    core.storesFreely = this.#view === 'off' && !dwt.watching
    const before = this.#limited
    const limited = new Map<number, 'nowhere' | 'in-parts'>()
    this.#limited = limited
    for (const page of memory.pages) {
      const start = (page << PAGE_BITS) >>> 0
      const uniform = this.#view === 'off' || mpu.uniform(page)
      const may = (access: 'read' | 'write' | 'execute') => mpu.allows(this.#view, start, access)
      const watched = dwt.watchesPage(page)
      if (!uniform) limited.set(page, 'in-parts')
      else if (!may('execute')) limited.set(page, 'nowhere')
      memory.restrict(page, {
        loads: uniform && !watched && may('read'),
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
