// What resets a chip by itself, and what its reset flags say afterwards.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, HALT, peek, poke, REGISTER, RUN } from './harness.ts'

/** a vector table, then b . and wfi; b back to it */
const IMAGE = Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7, 0x30, 0xbf, 0xfd, 0xe7)
const SLEEPS_AT = 0x0800000a
const SCR = 0xe000ed10
const NVIC_ICPR = 0xe000e280
const LSI_HZ = 32_000

interface ChipRow {
  id: string
  hz: number
  iwdg: number
  hasWindow: boolean
  wwdg: number
  /** register and bit of its clock */
  wwdgClock: readonly [number, number]
  /** what has to be set for it to reset the chip */
  wwdgResets?: readonly [number, number]
  timebase: number
  flags: number
  remove: number
  cause: { power: number; pin: number; software: number; iwdg: number; wwdg: number; lowPower: number }
  freeze: { iwdg: readonly [number, number]; wwdg: readonly [number, number] }
  /** divides the core's clock by two */
  halve: readonly [number, number]
  program: (machine: Machine, clear: number) => void
  iwdgSoftware: number
  standby: readonly [number, number]
}

const F4_RCC = 0x40023800
const H7_RCC = 0x58024400
const OPTION_KEYS = [0x08192a3b, 0x4c5d6e7f]
const F4_FLASH = 0x40023c00
const H7_FLASH = 0x52002000

function programF4(machine: Machine, clear: number): void {
  for (const key of OPTION_KEYS) poke(machine, F4_FLASH + 0x08, key)
  const options = peek(machine, F4_FLASH + 0x14) & ~clear
  poke(machine, F4_FLASH + 0x14, options)
  poke(machine, F4_FLASH + 0x14, options | 2)
  machine.scheduler.pass(machine.rcc.coreHz)
}

function programH7(machine: Machine, clear: number): void {
  for (const key of OPTION_KEYS) poke(machine, H7_FLASH + 0x08, key)
  poke(machine, H7_FLASH + 0x20, peek(machine, H7_FLASH + 0x20) & ~clear)
  poke(machine, H7_FLASH + 0x18, 2)
  machine.scheduler.pass(machine.rcc.coreHz)
}

const F4_CAUSES = {
  power: 0x0e000000,
  pin: 0x04000000,
  software: 0x14000000,
  iwdg: 0x24000000,
  wwdg: 0x44000000,
  lowPower: 0x84000000,
}
const F4 = {
  iwdg: 0x40003000,
  wwdg: 0x40002c00,
  wwdgClock: [F4_RCC + 0x40, 11],
  timebase: 7,
  flags: F4_RCC + 0x74,
  remove: 1 << 24,
  cause: F4_CAUSES,
  freeze: { iwdg: [0xe0042008, 12], wwdg: [0xe0042008, 11] },
  halve: [F4_RCC + 0x08, 0x80],
  program: programF4,
  iwdgSoftware: 1 << 5,
  standby: [0x40007000, 1 << 1],
} as const

const CHIPS: readonly ChipRow[] = [
  { ...F4, id: 'stm32f407', hz: 16_000_000, hasWindow: false },
  { ...F4, id: 'stm32f746', hz: 16_000_000, hasWindow: true },
  {
    id: 'stm32h743',
    hz: 64_000_000,
    iwdg: 0x58004800,
    hasWindow: true,
    wwdg: 0x50003000,
    wwdgClock: [H7_RCC + 0xe4, 6],
    wwdgResets: [H7_RCC + 0xa0, 0],
    timebase: 11,
    flags: H7_RCC + 0xd0,
    remove: 1 << 16,
    cause: {
      power: 0x00fa0000,
      pin: 0x00420000,
      software: 0x01420000,
      iwdg: 0x04420000,
      wwdg: 0x10420000,
      lowPower: 0x40420000,
    },
    freeze: { iwdg: [0x5c001054, 18], wwdg: [0x5c001034, 6] },
    halve: [H7_RCC + 0x18, 0x800],
    program: programH7,
    iwdgSoftware: 1 << 4,
    standby: [0x58024810, 1 << 0],
  },
]
const FLAGS = 0xff000000 | 0x00fe0000

describe.each(CHIPS)('$id', (chip) => {
  let machine: Machine
  const set = ([register, bit]: readonly [number, number]) =>
    poke(machine, register, peek(machine, register) | (1 << bit))
  /** The flags but RMVF, which the F4 has among its own. */
  const cause = () => peek(machine, chip.flags) & FLAGS & ~chip.remove
  const seconds = (time: number, hz = chip.hz) => machine.run(Math.round(time * hz))
  const noneYet = () => expect(cause()).toBe(0)
  const forget = () => {
    poke(machine, chip.flags, chip.remove)
    // The H7 clears the bit that asks for it; so does the F4.
    noneYet()
  }

  beforeEach(() => {
    machine = createMachine(IMAGE, chip.id)
    poke(machine, chip.flags, chip.remove)
  })

  it('says what it was: power, pin, software; one after the other until they are removed', () => {
    machine.reset('power')
    expect(cause() >>> 0).toBe(chip.cause.power)
    forget()
    machine.reset('pin')
    expect(cause()).toBe(chip.cause.pin)
    forget()
    poke(machine, REGISTER.AIRCR, 0x05fa0004)
    expect(cause()).toBe(chip.cause.software)
    machine.reset('power')
    expect(cause()).toBe(chip.cause.software | chip.cause.power)
  })

  describe('the independent watchdog', () => {
    const start = (reload: number, prescaler = 0) => {
      poke(machine, chip.iwdg, 0x5555)
      poke(machine, chip.iwdg + 4, prescaler)
      poke(machine, chip.iwdg + 8, reload)
      poke(machine, chip.iwdg, 0xaaaa)
      poke(machine, chip.iwdg, 0xcccc)
    }
    const keep = () => poke(machine, chip.iwdg, 0xaaaa)
    /** 100 counts of a quarter of the slow clock */
    const PERIOD = (100 * 4) / LSI_HZ

    it('resets the chip when it is not served, not before, and is off again then', () => {
      start(99)
      seconds(PERIOD * 0.99)
      noneYet()
      seconds(PERIOD * 0.02)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
      expect(peek(machine, chip.iwdg + 8)).toBe(0xfff)
      forget()
      seconds(1)
      noneYet()
    })

    it('waits as long as it is served, and divides by its prescaler', () => {
      start(99, 2)
      for (let n = 0; n < 5; n++) {
        seconds(4 * PERIOD * 0.9)
        keep()
      }
      noneYet()
      seconds(4 * PERIOD * 1.01)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })

    it('counts from the top when nothing was loaded, and takes settings with the key only', () => {
      poke(machine, chip.iwdg + 8, 9)
      keep()
      poke(machine, chip.iwdg, 0x5555)
      poke(machine, chip.iwdg, 0)
      poke(machine, chip.iwdg + 4, 6)
      expect(peek(machine, chip.iwdg + 4)).toBe(0)
      expect(peek(machine, chip.iwdg + 8)).toBe(0xfff)
      poke(machine, chip.iwdg, 0xcccc)
      seconds((4096 * 4 * 0.99) / LSI_HZ)
      noneYet()
      seconds((4096 * 4 * 0.02) / LSI_HZ)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })

    it('keeps its own time when the core gets another clock', () => {
      start(99)
      seconds(PERIOD / 2)
      poke(machine, ...chip.halve)
      expect(machine.rcc.coreHz).toBe(chip.hz / 2)
      seconds(PERIOD * 0.49, chip.hz / 2)
      noneYet()
      seconds(PERIOD * 0.02, chip.hz / 2)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })

    if (chip.hasWindow) {
      it('does not let itself be served before its window opens', () => {
        start(99)
        poke(machine, chip.iwdg, 0x5555)
        poke(machine, chip.iwdg + 0x10, 50)
        seconds(PERIOD * 0.6)
        keep()
        machine.run(1)
        noneYet()
        seconds(PERIOD * 0.4)
        keep()
        machine.run(1)
        expect(cause() >>> 0).toBe(chip.cause.iwdg)
      })
    }

    it('takes a core out of its sleep, and out of a lockup', () => {
      start(99)
      machine.core.pc = SLEEPS_AT
      expect(seconds(PERIOD / 2)).toBe('asleep')
      machine.sleep(Infinity)
      seconds(PERIOD / 100)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
      forget()
      start(99)
      machine.core.lockedUp = true
      expect(seconds(PERIOD / 2)).toBe('locked-up')
      machine.scheduler.pass(Math.ceil(PERIOD * chip.hz))
      expect(machine.run(1000)).toBe('running')
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })

    it('goes on while a debugger has halted the core, unless that stops it', () => {
      start(99)
      poke(machine, REGISTER.DHCSR, HALT)
      set(chip.freeze.iwdg)
      machine.scheduler.passHalted(chip.hz)
      machine.run(1)
      noneYet()
      poke(machine, REGISTER.DHCSR, RUN)
      seconds(PERIOD * 0.9)
      noneYet()
      poke(machine, REGISTER.DHCSR, HALT)
      poke(machine, chip.freeze.iwdg[0], 0)
      machine.scheduler.passHalted(Math.ceil(PERIOD * 0.2 * chip.hz))
      machine.run(1)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })

    it('starts by itself where the option bytes say so', () => {
      chip.program(machine, chip.iwdgSoftware)
      machine.reset('pin')
      forget()
      seconds((4096 * 4 * 1.01) / LSI_HZ)
      expect(cause() >>> 0).toBe(chip.cause.iwdg)
    })
  })

  describe('the window watchdog', () => {
    const CR = chip.wwdg
    const CFR = chip.wwdg + 4
    const SR = chip.wwdg + 8
    const TICK = 4096 * 4
    const EWI = 1 << 9

    beforeEach(() => {
      set(chip.wwdgClock)
      if (chip.wwdgResets !== undefined) set(chip.wwdgResets)
      poke(machine, CFR, (2 << chip.timebase) | 0x60)
    })

    it('resets the chip when its counter leaves 0x40, and warns before', () => {
      poke(machine, CFR, (2 << chip.timebase) | 0x60 | EWI)
      poke(machine, CR, 0x80 | 0x4a)
      machine.run(TICK * 9.5)
      expect(peek(machine, CR)).toBe(0x80 | 0x41)
      expect(peek(machine, SR)).toBe(0)
      machine.run(TICK)
      expect(peek(machine, CR)).toBe(0x80 | 0x40)
      expect(peek(machine, SR)).toBe(1)
      expect(peek(machine, REGISTER.NVIC_ISPR) & 1).toBe(1)
      poke(machine, NVIC_ICPR, 1)
      poke(machine, SR, 0)
      expect(peek(machine, SR)).toBe(0)
      noneYet()
      machine.run(TICK * 0.6)
      expect(cause() >>> 0).toBe(chip.cause.wwdg)
      expect(peek(machine, CR)).toBe(0)
      set(chip.wwdgClock)
      expect(peek(machine, CR)).toBe(0x7f)
      expect(peek(machine, CFR)).toBe(0x7f)
    })

    it('is served in its window only', () => {
      poke(machine, CR, 0x80 | 0x7f)
      machine.run(TICK * 31.5)
      poke(machine, CR, 0x7f) // at 0x60
      machine.run(TICK)
      noneYet()
      poke(machine, CR, 0x7f)
      machine.run(1)
      expect(cause() >>> 0).toBe(chip.cause.wwdg)
    })

    it('resets at once when its counter is set below 0x40, and does nothing while it is off', () => {
      poke(machine, CR, 0x3f)
      machine.run(TICK * 100)
      noneYet()
      poke(machine, CR, 0x80 | 0x3f)
      machine.run(1)
      expect(cause() >>> 0).toBe(chip.cause.wwdg)
    })

    it('stands still while a debugger has halted the core, when it is told to', () => {
      poke(machine, CR, 0x80 | 0x50)
      set(chip.freeze.wwdg)
      poke(machine, REGISTER.DHCSR, HALT)
      machine.scheduler.passHalted(TICK * 100)
      machine.run(1)
      expect(peek(machine, CR)).toBe(0x80 | 0x50)
      noneYet()
      poke(machine, chip.freeze.wwdg[0], 0)
      machine.scheduler.passHalted(TICK * 16)
      machine.scheduler.passHalted(TICK * 1.1)
      machine.run(1)
      expect(cause() >>> 0).toBe(chip.cause.wwdg)
    })

    if (chip.wwdgResets !== undefined) {
      it('resets nothing without its scope bit', () => {
        machine.reset('pin')
        forget()
        set(chip.wwdgClock)
        poke(machine, CR, 0x80 | 0x40)
        machine.run(4096 * 10)
        noneYet()
      })
    }
  })

  describe('low-power modes', () => {
    const SLEEPDEEP = 1 << 2
    const sleep = () => {
      poke(machine, SCR, SLEEPDEEP)
      machine.core.pc = SLEEPS_AT
      return machine.run(1000)
    }

    it('are modes as the chip leaves the factory', () => {
      expect(sleep()).toBe('asleep')
      noneYet()
    })

    it.each([
      { mode: 'stop', bit: 1 << 6 },
      { mode: 'standby', bit: 1 << 7 },
    ])('$mode is a reset where its option bit is cleared, and the other is none', ({ mode, bit }) => {
      chip.program(machine, bit)
      machine.reset('pin')
      const enter = (standby: boolean) => {
        forget()
        if (chip.id !== 'stm32h743') poke(machine, F4_RCC + 0x40, 1 << 28)
        poke(machine, chip.standby[0], standby ? chip.standby[1] : 0)
        return sleep()
      }
      expect(enter(mode !== 'standby')).toBe('asleep')
      noneYet()
      machine.reset('pin')
      expect(enter(mode === 'standby')).toBe('running')
      expect(cause() >>> 0).toBe(chip.cause.lowPower)
    })
  })
})
