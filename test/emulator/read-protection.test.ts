// Read-out protection: what is closed to whom at each level, and the way back. Sources: RM0090, 3.7.3; RM0385, 3.4.2;
// RM0433, 4.5.3.

import { describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { BOARDS, type BoardData } from '../../src-main/device/board-data.ts'
import { createFlashDriver } from '../../src-main/device/flash-drivers.ts'
import { Machine, type MachineOptions } from '../../src-main/emulator/machine.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { faults, FLASH, peek, poke } from './harness.ts'

/** `b .` behind its two vectors */
const IMAGE = Uint8Array.of(0, 0, 1, 0x20, 9, 0, 0, 8, 0xfe, 0xe7)
const OPTION_KEYS = [0x08192a3b, 0x4c5d6e7f] as const

const F4_F7 = { keyr: 0x40023c04, optkeyr: 0x40023c08, sr: 0x40023c0c, cr: 0x40023c10, optcr: 0x40023c14 }
const H7 = { keyr: 0x52002004, optkeyr: 0x52002008, sr: 0x52002010, cr: 0x5200200c, optcr: 0x52002018 }
const [H7_CUR, H7_PRG, H7_CCR] = [0x5200201c, 0x52002020, 0x52002014] as const

const registersOf = ({ flash }: BoardData) => (flash.driver === 'h7' ? H7 : F4_F7)

function boot(data: BoardData, options: MachineOptions): Machine {
  const machine = new Machine(data, options)
  machine.preload(FLASH, IMAGE)
  machine.preload(FLASH + data.flash.size - 4, Uint8Array.of(1, 2, 3, 4))
  machine.reset()
  return machine
}

const rdp = (machine: Machine) => {
  const options = machine.data.flash.driver === 'h7' ? H7_CUR : F4_F7.optcr
  return (peek(machine, options) >>> 8) & 0xff
}

/** Programs the RDP byte as an option byte change does it, and waits until that is done. */
function writeRdp(machine: Machine, byte: number): void {
  const { optkeyr, optcr } = registersOf(machine.data)
  for (const key of OPTION_KEYS) poke(machine, optkeyr, key)
  if (machine.data.flash.driver === 'h7') {
    poke(machine, H7_PRG, (peek(machine, H7_PRG) & ~0xff00) | (byte << 8))
    poke(machine, optcr, 2)
  } else poke(machine, optcr, (peek(machine, optcr) & ~0xff01) | (byte << 8) | 2)
}
const settle = (machine: Machine) => {
  for (let i = 0; i < 20; i++) machine.scheduler.pass(machine.rcc.coreHz)
  machine.run(1)
}
const rest = (machine: Machine) => {
  const { flash } = machine.data
  return machine.memory.u8.subarray(0, flash.size).some((byte) => byte !== 0xff)
}

describe.each(BOARDS.map((data) => [data.id, data] as const))('on %s', (_, data) => {
  const h7 = data.flash.driver === 'h7'

  it('level 0 leaves everything open', () => {
    const machine = boot(data, {})
    machine.intrude()
    expect([machine.readProtection, rdp(machine), peek(machine, FLASH)]).toEqual([0, 0xaa, 0x20010000])
  })

  it('level 1 lets its own program run until a debugger comes, and then closes flash until the power was off', () => {
    const machine = boot(data, { readProtection: 1 })
    expect(machine.run(1000)).toBe('running')
    expect(machine.core.lockedUp).toBe(false)
    machine.intrude()
    expect(faults(() => peek(machine, FLASH))).toBe(true)
    expect(faults(() => peek(machine, FLASH + data.flash.size - 4, 1))).toBe(true)
    if (h7) {
      expect(peek(machine, H7.sr)).toBe(1 << 23)
      poke(machine, H7_CCR, 1 << 23)
      expect(peek(machine, H7.sr)).toBe(0)
    }
    expect(machine.run(1000)).toBe('locked-up')
    machine.reset()
    expect(machine.run(1000)).toBe('locked-up')
    const ram = data.ram[0]!.start
    poke(machine, ram, 0x1234)
    expect(peek(machine, ram)).toBe(0x1234)
    machine.reset('power')
    expect(machine.run(1000)).toBe('running')
    expect(peek(machine, FLASH)).toBe(0x20010000)
  })

  it('level 1 refuses a debugger’s erase and program with WRPERR', () => {
    const machine = boot(data, { readProtection: 1 })
    const { keyr, cr, sr } = registersOf(data)
    machine.intrude()
    for (const key of [0x45670123, 0xcdef89ab]) poke(machine, keyr, key)
    const flag = h7 ? 1 << 17 : 1 << 4
    const erase = h7 ? 0x4 | 0x30 | (1 << 8) | 0x80 : 0x2 | (1 << 3) | (2 << 8) | (1 << 16)
    poke(machine, cr, erase)
    expect(peek(machine, sr) & flag).toBe(flag)
    poke(machine, h7 ? H7_CCR : sr, -1)
    poke(machine, cr, h7 ? 0x32 : 0x201)
    poke(machine, FLASH + 0x10000, 0)
    expect(peek(machine, sr) & flag).toBe(flag)
    machine.reset('power')
    expect(peek(machine, FLASH + 0x10000)).toBe(0xffffffff)
  })

  it('the way from 1 to 0 erases all of flash, takes its time, and opens it', () => {
    const machine = boot(data, { readProtection: 1, writeProtected: [1] })
    machine.intrude()
    writeRdp(machine, 0xaa)
    const { sr } = registersOf(data)
    const busy = () => (h7 ? peek(machine, H7_CUR) & 1 : peek(machine, sr) & (1 << 16))
    expect([busy() !== 0, machine.readProtection]).toEqual([true, 1])
    machine.scheduler.pass(machine.rcc.coreHz)
    expect([busy() !== 0, faults(() => peek(machine, FLASH))]).toEqual([true, true])
    settle(machine)
    expect([busy(), machine.readProtection, rdp(machine)]).toEqual([0, 0, 0xaa])
    expect(peek(machine, FLASH)).toBe(0xffffffff)
    expect(rest(machine)).toBe(false)
    machine.reset()
    expect([machine.readProtection, peek(machine, FLASH)]).toEqual([0, 0xffffffff])
  })

  it('the way from 0 to 1 erases nothing, and takes hold though a debugger is there', () => {
    const machine = boot(data, {})
    machine.intrude()
    writeRdp(machine, 0x55)
    settle(machine)
    expect([machine.readProtection, rdp(machine)]).toEqual([1, 0x55])
    expect(faults(() => peek(machine, FLASH))).toBe(true)
    machine.reset('power')
    expect(peek(machine, FLASH)).toBe(0x20010000)
  })

  it('a power cut while flash is erased on the way to 0 leaves level 1 and nothing to read', () => {
    const machine = boot(data, { readProtection: 1 })
    machine.intrude()
    writeRdp(machine, 0xaa)
    machine.scheduler.pass(1000)
    machine.reset('power')
    settle(machine)
    expect([machine.readProtection, rest(machine)]).toEqual([1, false])
  })

  it('level 2 has no way back', () => {
    const machine = boot(data, { readProtection: 2 })
    expect([machine.readProtection, rdp(machine), machine.run(1000)]).toEqual([2, 0xcc, 'running'])
    writeRdp(machine, 0xaa)
    settle(machine)
    expect([machine.readProtection, rest(machine)]).toEqual([2, true])
    if (h7) expect((peek(machine, H7_CUR) >>> 30) & 1).toBe(1)
  })

  it('option bytes do not change without their keys, nor before they are started', () => {
    const machine = boot(data, {})
    const { optcr, optkeyr } = registersOf(data)
    poke(machine, h7 ? H7_PRG : optcr, 0x5500)
    expect(rdp(machine)).toBe(0xaa)
    for (const key of OPTION_KEYS) poke(machine, optkeyr, key)
    if (h7) poke(machine, H7_PRG, 0x5500)
    else poke(machine, optcr, 0x5500)
    settle(machine)
    expect(machine.readProtection).toBe(0)
    machine.reset()
    expect([machine.readProtection, rdp(machine)]).toEqual([0, 0xaa])
  })

  it('a virtual board of level 1 answers through its probe, but for its flash', async () => {
    const board = await openVirtualBoard(data, { flash: IMAGE, readProtection: 1, writeProtected: [2] })
    try {
      const flash = createFlashDriver(data.flash.driver, board.probe, { monotonicMs: () => 0, now: () => new Date(0) })
      expect(await flash.protection()).toEqual({ level: 1, writeProtected: [2] })
      await expect(board.probe.readWord(addr(FLASH))).rejects.toThrow()
      await board.probe.writeWord(addr(data.ram[0]!.start), 77)
      expect(await board.probe.readWord(addr(data.ram[0]!.start))).toBe(77)
    } finally {
      await board.close()
    }
  })

  it('a virtual board of level 2 answers nobody', async () => {
    const opening = openVirtualBoard(data, { flash: IMAGE, readProtection: 2 })
    await expect(opening).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
  })
})

describe('on stm32h743 alone', () => {
  const data = BOARDS.find(({ id }) => id === 'stm32h743')!
  const [RDPERR, RDSERR, SNECCERR, DBECCERR] = [1 << 23, 1 << 24, 1 << 25, 1 << 26] as const
  const [PRAR_PRG, SCAR_PRG, ECC_FAR] = [0x5200202c, 0x52002034, 0x52002060] as const

  const program = (machine: Machine, write: () => void) => {
    for (const key of OPTION_KEYS) poke(machine, H7.optkeyr, key)
    write()
    poke(machine, H7.optcr, 2)
    settle(machine)
  }

  it('one wrong bit is corrected and two end a read, each with its flag and address', () => {
    const wrongBits = [
      { address: FLASH + 0x20044, bits: 1 },
      { address: FLASH + 0x20060, bits: 2 },
    ] as const
    const machine = boot(data, { wrongBits })
    expect(peek(machine, FLASH + 0x20020)).toBe(0xffffffff)
    expect(peek(machine, H7.sr)).toBe(0)
    expect(peek(machine, FLASH + 0x20040)).toBe(0xffffffff)
    expect([peek(machine, H7.sr), peek(machine, ECC_FAR)]).toEqual([SNECCERR, 0x1002])
    poke(machine, H7_CCR, SNECCERR)
    expect(faults(() => peek(machine, FLASH + 0x2007c))).toBe(true)
    expect([peek(machine, H7.sr), peek(machine, ECC_FAR)]).toEqual([DBECCERR, 0x1003])
    poke(machine, H7_CCR, DBECCERR)
    for (const key of [0x45670123, 0xcdef89ab]) poke(machine, H7.keyr, key)
    poke(machine, H7.cr, 0x4 | 0x30 | (1 << 8) | 0x80)
    settle(machine)
    expect(peek(machine, FLASH + 0x20060)).toBe(0xffffffff)
    expect(peek(machine, H7.sr) & (SNECCERR | DBECCERR)).toBe(0)
  })

  it('a proprietary area is not read, with RDPERR, and not erased', () => {
    const machine = boot(data, {})
    program(machine, () => poke(machine, PRAR_PRG, (0x201 << 16) | 0x200))
    expect(peek(machine, FLASH + 0x1fffc)).toBe(0xffffffff)
    for (const at of [FLASH + 0x20000, FLASH + 0x201fc]) {
      expect(faults(() => peek(machine, at))).toBe(true)
      expect(peek(machine, H7.sr)).toBe(RDPERR)
      poke(machine, H7_CCR, RDPERR)
    }
    expect(peek(machine, FLASH + 0x20200)).toBe(0xffffffff)
    for (const key of [0x45670123, 0xcdef89ab]) poke(machine, H7.keyr, key)
    poke(machine, H7.cr, 0x4 | 0x30 | (1 << 8) | 0x80)
    expect(peek(machine, H7.sr)).toBe(1 << 17)
  })

  it('a secure area is not read, with RDSERR, once security is on', () => {
    const machine = boot(data, {})
    program(machine, () => poke(machine, SCAR_PRG, (0x200 << 16) | 0x200))
    expect(peek(machine, FLASH + 0x20000)).toBe(0xffffffff)
    program(machine, () => poke(machine, H7_PRG, peek(machine, H7_PRG) | (1 << 21)))
    expect(faults(() => peek(machine, FLASH + 0x20000))).toBe(true)
    expect(peek(machine, H7.sr)).toBe(RDSERR)
    expect(peek(machine, FLASH + 0x20100)).toBe(0xffffffff)
  })
})
