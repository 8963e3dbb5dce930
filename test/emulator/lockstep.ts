// Two machines with the same image, one of which translates: they run the same budgets and must agree on everything.

import { expect } from 'vitest'
import type { Rng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { Machine, type MachineOptions } from '../../src-main/emulator/machine.ts'
import { FLASH, poke, REGISTER } from './harness.ts'
import { OrderedTiming } from './ordered-timing.ts'

const FLASH_ACR = 0x40023c00
const FLASH_ACR_H7 = 0x52002000
/** FLASH_ACR of an F407: five wait states with prefetch and both caches; with prefetch; with a cache; with nothing. */
export const ACCESS_CONTROLS = [0x705, 0x105, 0x205, 0x7] as const

function stateOf({ core, scheduler }: Machine) {
  return {
    pc: core.pc,
    r: [...core.r.subarray(0, 15)],
    xpsr: core.xpsr,
    fpscr: core.fpu.fpscr,
    s: [...core.fpu.bits],
    instructions: core.instructions,
    cycles: core.cycles,
    now: scheduler.now,
    masks: [core.primask, core.basepri, core.faultmask],
    stack: core.otherSp,
    locked: core.lockedUp,
  }
}

export class Lockstep {
  readonly translating: Machine
  readonly interpreting: Machine

  constructor(image: Uint8Array, translate: true | 'eager' = true, board = BOARDS[0]!) {
    const open = (options: MachineOptions) => {
      const machine = new Machine(board, options)
      expect(machine.preload(FLASH, image)).toBe(true)
      machine.reset()
      return machine
    }
    this.translating = open({ translate })
    this.interpreting = open({ translate: false })
  }

  /** Entries into translated code that there are. */
  get entries(): number {
    return this.translating.core.code.entries.size
  }

  both(act: (machine: Machine) => void): void {
    act(this.translating)
    act(this.interpreting)
  }

  /** Both F407s wait for flash by ACCESS_CONTROLS[choice]; what was translated before is forgotten. */
  waitForFlash(choice: number): void {
    this.both((machine) => poke(machine, FLASH_ACR, ACCESS_CONTROLS[choice % ACCESS_CONTROLS.length]!))
    expect(this.translating.core.memoryTiming).toBeDefined()
  }

  /** Both M7s wait for what their caches don't hold; `choice`: both caches are on, one of them, none. */
  waitForCaches(choice: number): void {
    const { id } = this.translating.data
    this.both((machine) => {
      poke(machine, id === 'stm32h743' ? FLASH_ACR_H7 : FLASH_ACR, 4)
      poke(machine, REGISTER.CCR, (choice & 3) << 16)
    })
    expect(this.translating.core.memoryTiming).toBeDefined()
  }

  /** Every access costs something, and how much depends on all accesses before it. */
  countEveryAccess(): void {
    this.both((machine) => (machine.core.memoryTiming = new OrderedTiming(machine.memory)))
  }

  /** Runs both for `budget` cycles and compares the cores; their memories when asked. */
  run(budget: number, memory = false): void {
    const states = [this.translating.run(budget), this.interpreting.run(budget)]
    expect(states[0]).toBe(states[1])
    expect(stateOf(this.translating)).toEqual(stateOf(this.interpreting))
    if (memory) {
      const [ours, theirs] = [this.translating.memory.u8, this.interpreting.memory.u8]
      expect(
        Buffer.compare(Buffer.from(ours.buffer, 0, ours.length), Buffer.from(theirs.buffer, 0, theirs.length)),
      ).toBe(0)
    }
    if (states[0] === 'locked-up') this.both((machine) => machine.reset())
  }

  /** `slices` budgets, most of them short, some long. */
  runSlices(rng: Rng, slices: number): void {
    for (let slice = 0; slice < slices; slice++) {
      const budget = rng.int(4) === 0 ? rng.int(40_000) : 1 + rng.int(300)
      this.run(budget, slice === slices - 1)
    }
  }
}
