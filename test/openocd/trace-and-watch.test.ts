// What a debugger does beyond flashing: traces by SWO, watches data, dumps memory, looks at the protection.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import { M4, Workbench } from '../emulator/toolchain.ts'
import { startOpenOcd, type Driver, type OpenOcd } from './openocd.ts'

const TIMEOUT_MS = 90_000
/** Where the program counts, and where it only looks (traced.c). */
const [COUNTER, LOOKED_AT] = ['0x20006000', '0x20006010']
/** The commands of a probe that trace and that batch. */
const [START_TRACE, COUNT_TRACE, BATCH_OUT, BATCH_IN] = [0x40, 0x42, 0x51, 0x52]

interface Case {
  id: string
  driver: Driver
  probe: StlinkGeneration
  /** OpenOCD's name of what drives the pin; OpenOCD has none for an H7 behind hla */
  port: string | null
  /** the internal oscillator, which runs the core after a reset */
  traceHz: number
  protection: string
  unprotected: RegExp
}

const F4F7 = { traceHz: 16_000_000, protection: 'mdw 0x40023c14', unprotected: /0x40023c14: [0-9a-f]{4}aa/ }
const CHIPS = [
  { id: 'stm32f407', port: 'stm32f4x.tpiu', ...F4F7 },
  { id: 'stm32f746', port: 'stm32f7x.tpiu', ...F4F7 },
  {
    ...{ id: 'stm32h743', port: 'stm32h7x.swo', traceHz: 64_000_000 },
    ...{ protection: 'stm32h7x option_read 0 0x1c', unprotected: /<0x5200201c> = 0x\w{4}aa/ },
  },
]
const CASES: Case[] = CHIPS.flatMap((chip) =>
  (['hla', 'dapdirect'] satisfies Driver[]).flatMap((driver) =>
    (['v2-1', 'v3'] satisfies StlinkGeneration[]).map((probe) => ({
      ...chip,
      ...{ driver, probe, port: driver === 'hla' && chip.id === 'stm32h743' ? null : chip.port },
    })),
  ),
)

let bench: Workbench
let elf: string
let folder: string
let openocd: OpenOcd

beforeAll(async () => {
  bench = await Workbench.open()
  const linkerScript = `${process.cwd()}/test/gdb/ram.ld`
  const program = `${process.cwd()}/test/openocd/traced.c`
  elf = (await bench.build('traced', [program], { core: M4, library: false, linkerScript })).path
  folder = await mkdtemp(join(tmpdir(), 'thimble-openocd-'))
})
afterAll(async () => {
  await bench.close()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => openocd.close())

/** The program in RAM, about to run. */
const loaded = () => ['reset halt', `load_image ${elf}`, 'reg sp 0x20008000']
const RUN = 'resume [expr {[lindex [read_memory 0x20000004 32 1] 0] & ~1}]'
const counters = (said: string) =>
  [...said.matchAll(/^0x20006000: ([0-9a-f]{8})/gm)].map(([, word]) => parseInt(word!, 16))

describe.each(CASES.filter(({ port }) => port !== null))('$id, $driver, ST-Link $probe', (one) => {
  const { id, driver, probe, port, traceHz } = one
  it('records what the program writes to ITM, byte for byte', { timeout: TIMEOUT_MS }, async () => {
    openocd = await startOpenOcd(id, driver, probe)
    const file = join(folder, `${id}-${driver}-${probe}.swo`)
    await openocd.run(
      ...loaded(),
      `${port} configure -protocol uart -traceclk ${traceHz} -pin-freq 2000000 -output ${file}`,
      ...[`${port} enable`, 'itm ports on', RUN, 'sleep 400', 'halt'],
    )
    const text = [...Buffer.from('Hello, trace\n')].flatMap((byte) => [0x01, byte])
    const packets = [...text, 0x0b, 0x78, 0x56, 0x34, 0x12, 0x12, 0xcd, 0xab]
    expect([...(await readFile(file))]).toEqual(packets)
    expect(openocd.sent).toContain(START_TRACE)
    expect(openocd.sent).toContain(COUNT_TRACE)
  })
})

describe.each(CASES)('$id, $driver, ST-Link $probe', ({ id, driver, probe, protection, unprotected }) => {
  it(
    'stops at what is written and what is read, dumps memory, sees no protection',
    { timeout: TIMEOUT_MS },
    async () => {
      openocd = await startOpenOcd(id, driver, probe)
      const file = join(folder, `${id}-${driver}-${probe}.bin`)
      const said = await openocd.run(
        ...[...loaded(), `mww ${COUNTER} 0`, `dump_image ${file} 0x20000000 16`, `wp ${COUNTER} 4 w`, RUN],
        ...['wait_halt 2000', `mdw ${COUNTER}`, 'resume', 'wait_halt 2000', `mdw ${COUNTER}`, `rwp ${COUNTER}`],
        ...[`wp ${LOOKED_AT} 4 r`, 'resume', 'wait_halt 2000', `mdw ${COUNTER}`, 'resume', 'wait_halt 2000'],
        ...[`mdw ${COUNTER}`, `rwp ${LOOKED_AT}`, protection],
      )
      // The loop writes once and looks once; a watchpoint stops after the instruction.
      expect(counters(said)).toEqual([1, 2, 2, 3])
      expect(said).toMatch(unprotected)
      const dumped = await readFile(file)
      expect(dumped).toHaveLength(16)
      expect(dumped.readUInt32LE(0)).toBe(0x20008000)
      // Only OpenOCD's own driver for access ports batches; ST's high-level commands it sends one by one.
      expect([openocd.sent.has(BATCH_OUT), openocd.sent.has(BATCH_IN)]).toEqual(Array(2).fill(driver === 'dapdirect'))
    },
  )
})

describe('a server of an older API', () => {
  it.each(CHIPS)('is not asked to batch: $id', { timeout: TIMEOUT_MS }, async ({ id }) => {
    openocd = await startOpenOcd(id, 'dapdirect', 'v3', 1)
    const image = join('assets', 'firmware', `${id}.bin`)
    const said = await openocd.run(`program ${image} verify reset 0x08000000`)
    expect(said).toContain('** Verified OK **')
    expect(openocd.sent.has(BATCH_OUT)).toBe(false)
  })
})
