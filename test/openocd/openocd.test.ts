// Other people's flash drivers and debugger on a virtual board: what they see is what a real board would show them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import type { Board } from '../../src-main/device/board.ts'
import { createCore } from '../../src-main/device/cortex-m.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import type { StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { startOpenOcd, type Driver, type OpenOcd } from './openocd.ts'

const DRIVERS: { driver: Driver; probe: StlinkGeneration }[] = [
  { driver: 'hla', probe: 'v2-1' },
  { driver: 'dapdirect', probe: 'v3' },
  { driver: 'hla', probe: 'v3' },
  { driver: 'dapdirect', probe: 'v2-1' },
]
/** Every driver with every probe on the F407, each of them once on the others. */
const COMBINATIONS = BOARDS.flatMap(({ id }) =>
  DRIVERS.slice(0, id === 'stm32f407' ? 4 : 2).map((pair) => ({ id, ...pair })),
)

describe.each(COMBINATIONS)('$id, $driver, ST-Link $probe', ({ id, driver, probe }) => {
  const image = join('assets', 'firmware', `${id}.bin`)
  let openocd: OpenOcd

  beforeEach(async () => {
    openocd = await startOpenOcd(id, driver, probe)
  })
  afterEach(() => openocd.close())

  it('programs, verifies, resets: the firmware then answers Thimble', { timeout: 90_000 }, async () => {
    const { board } = openocd
    const start = board.data.firmwareRegion.start
    expect(await openocd.run(`program ${image} verify reset 0x${start.toString(16)}`)).toContain('** Verified OK **')
    const bytes = new Uint8Array(readFileSync(image))
    // OpenOCD has left the debug mode, as it should: a new connection enters it.
    const probe = await openStlinkProbe(board.stlink, { serial: id })
    expect(await probe.read(addr(start), bytes.length)).toEqual(bytes)
    const session = await connectBoard({ ...board, probe })
    expect((await session.start()).clock).toBeGreaterThan(16_000_000)
  })
  it('halts, steps, stops at a breakpoint, reads and writes memory and registers', { timeout: 90_000 }, async () => {
    const { board } = openocd
    const ram = board.data.ram[0]!.start
    const [address, halfword, byte] = [0x100, 0x106, 0x105].map((offset) => hex(ram + offset))
    await connectBoard(board).then((session) => session.flash(new Uint8Array(readFileSync(image)), new Uint8Array(64)))
    const trace = await firstSteps(board, 12)
    const stop = hex(trace[11]!)
    const said = await openocd.run(
      ...['reset halt', 'reg pc', 'step', 'reg pc'],
      ...[`mww ${address} 0x12345678`, `mwb ${byte} 0x55`, `mwh ${halfword} 0x7788`],
      ...[`mdw ${address} 2`, `mdb ${byte}`, `mdh ${halfword}`],
      // What is set goes to the core when it moves on, and is read from there again.
      ...['reg r11 0xcafebabe', 'reg d2 0x400921fb54442d18', 'step', 'reg r11 force', 'reg d2 force'],
      ...[`bp ${stop} 2 hw`, 'resume', 'wait_halt 3000', 'reg pc', `rbp ${stop}`, 'step', 'reg pc'],
    )
    const counters = [...said.matchAll(/pc \(\/32\): (0x[0-9a-f]+)/g)].map((match) => Number(match[1]))
    expect(counters.slice(0, 3)).toEqual([trace[0], trace[1], trace[11]])
    expect(counters[3]).not.toBe(trace[11])
    for (const register of ['r11 (/32): 0xcafebabe', 'd2 (/64): 0x400921fb54442d18']) {
      expect(said.split(register)).toHaveLength(3)
    }
    expect(said).toMatch(new RegExp(`${address}: 12345678 778855`))
    expect(said).toMatch(new RegExp(`${byte}: 55`))
    expect(said).toMatch(new RegExp(`${halfword}: 7788`))
  })
})

const hex = (n: number) => `0x${n.toString(16)}`

/** Where the core is after a reset and after each of `count` - 1 instructions. */
async function firstSteps({ probe }: Board, count: number): Promise<number[]> {
  const core = createCore(probe)
  await core.resetAndHalt()
  const trace: number[] = []
  while (trace.length < count) {
    trace.push(await core.readRegister('pc'))
    await core.step()
  }
  return trace
}
