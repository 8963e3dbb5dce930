// The virtual board as the rest of Thimble sees it: a probe, in this thread or with the emulator in its own.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { FLASH, HALT, REGISTER, RUN, S_HALT, SRAM, vectors } from './harness.ts'
import { assemble, Workbench } from './toolchain.ts'

// Counts in r0 and answers a mailbox: what is written to SRAM + 0x100 comes back doubled at SRAM + 0x104.
const ECHO = `
start: ldr r4, =0x20000100
again: ldr r5, [r4]
  lsls r5, r5, #1
  str r5, [r4, #4]
  adds r0, #1
  b again
`
// The same, but sleeping between looks that SysTick gives it every 16000 cycles.
const SLEEPER = `
start: ldr r0, =0xE000E010
  ldr r1, =15999
  str r1, [r0, #4]
  movs r1, #7
  str r1, [r0]
idle: wfi
  b idle
.balign 4
tick: ldr r2, =0x20000100
  ldr r3, [r2]
  lsls r3, r3, #1
  str r3, [r2, #4]
  ldr r3, [r2, #8]
  adds r3, #1
  str r3, [r2, #8]
  bx lr
`

let bench: Workbench
let worker: string
let echo: Uint8Array
let sleeper: Uint8Array
let board: VirtualBoard | undefined

beforeAll(async () => {
  bench = await Workbench.open()
  worker = join(bench.directory, 'emulator-worker.mjs')
  await build({
    entryPoints: ['src-main/emulator/worker.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: worker,
    logLevel: 'silent',
  })
  echo = await assemble(bench, 'echo', `${vectors('start')}${ECHO}`)
  sleeper = await assemble(bench, 'sleeper', `${vectors('start', { 15: 'tick' })}${SLEEPER}`)
})
afterEach(async () => {
  await board?.close()
  board = undefined
})
afterAll(() => bench.close())

describe.each([{ thread: false }, { thread: true }])('in a thread of its own: $thread', ({ thread }) => {
  const open = async (flash?: Uint8Array) => {
    board = await openVirtualBoard(BOARDS[0]!, { worker: thread ? worker : undefined, flash })
    return board
  }

  it('is a board like others', async () => {
    const { id, provenance, probe, data } = await open()
    expect([id, provenance, data.id]).toEqual(['virtual:stm32f407', 'emulated', 'stm32f407'])
    expect((await probe.readWord(data.idCodeAddress)) & 0xfff).toBe(data.idCode)
    expect(await probe.read(data.flash.start, 8)).toEqual(new Uint8Array(8).fill(0xff))
  })

  it('runs its program while the probe reads and writes', async () => {
    const { probe } = await open(echo)
    await probe.writeWord(addr(SRAM + 0x100), 21)
    await expect.poll(() => probe.readWord(addr(SRAM + 0x104)), { interval: 1 }).toBe(42)
    await probe.write(addr(SRAM + 0x100), Uint8Array.of(1, 2))
    await expect.poll(() => probe.readWord(addr(SRAM + 0x104)), { interval: 1 }).toBe(2 * 0x0201)
  })

  it('halts, shows registers and goes on', async () => {
    const { probe } = await open(echo)
    await probe.writeWord(addr(REGISTER.DHCSR), HALT)
    expect((await probe.readWord(addr(REGISTER.DHCSR))) & S_HALT).toBe(S_HALT)
    const counter = async () => {
      await probe.writeWord(addr(REGISTER.DCRSR), 0)
      return probe.readWord(addr(REGISTER.DCRDR))
    }
    const first = await counter()
    expect(await counter()).toBe(first)
    await probe.writeWord(addr(REGISTER.DHCSR), RUN)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await probe.writeWord(addr(REGISTER.DHCSR), HALT)
    expect(await counter()).toBeGreaterThan(first)
  })

  it('answers at once though its core sleeps, and burns no time while nobody asks', async () => {
    const { probe } = await open(sleeper)
    for (let i = 1; i <= 20; i++) {
      await probe.writeWord(addr(SRAM + 0x100), i)
      await expect.poll(() => probe.readWord(addr(SRAM + 0x104)), { interval: 1 }).toBe(2 * i)
    }
    const ticks = await probe.readWord(addr(SRAM + 0x108))
    // What the runtime still compiles or collects falls into one window or two; a core that burns time does in each.
    const shares: number[] = []
    for (let window = 0; window < 5; window++) {
      const before = process.cpuUsage()
      await new Promise((resolve) => setTimeout(resolve, 300))
      const { user, system } = process.cpuUsage(before)
      shares.push((user + system) / 300_000)
    }
    expect(await probe.readWord(addr(SRAM + 0x108))).toBeGreaterThan(ticks)
    expect(Math.min(...shares)).toBeLessThan(0.5)
  })

  it('lets emulated time pass for a flash controller that is polled', async () => {
    const { probe } = await open()
    await probe.writeWord(addr(0x40023c04), 0x45670123)
    await probe.writeWord(addr(0x40023c04), 0xcdef89ab)
    await probe.writeWord(addr(0x40023c10), 0x10002)
    let polls = 0
    while ((await probe.readWord(addr(0x40023c0c))) & (1 << 16)) polls++
    expect(polls).toBeGreaterThan(100)
    expect(polls).toBeLessThan(400)
    await probe.writeWord(addr(0x40023c10), 0x201)
    const data = Uint8Array.from({ length: 1024 }, (_, i) => i)
    await probe.write(addr(FLASH), data)
    expect(await probe.read(addr(FLASH), 1024)).toEqual(data)
  })

  it('refuses what the bus refuses', async () => {
    const { probe } = await open()
    const fault = expect.objectContaining({ code: 'BOARD_FAULT' })
    await expect(probe.read(addr(0x30000000), 4)).rejects.toEqual(fault)
    await expect(probe.writeWord(addr(0x60000000), 1)).rejects.toEqual(fault)
    await expect(probe.write(addr(FLASH), Uint8Array.of(1, 2, 3, 4))).rejects.toEqual(fault)
    await expect(probe.read(addr(SRAM + 0x1fffc), 8)).rejects.toEqual(fault)
  })

  it('resets, with the vector catch as the debugger left it', async () => {
    const { probe } = await open(echo)
    await probe.writeWord(addr(REGISTER.DHCSR), RUN)
    await probe.writeWord(addr(REGISTER.DEMCR), 1)
    await probe.pulseReset()
    expect((await probe.readWord(addr(REGISTER.DHCSR))) & S_HALT).toBe(S_HALT)
    await probe.writeWord(addr(REGISTER.DCRSR), 15)
    expect(await probe.readWord(addr(REGISTER.DCRDR))).toBe(FLASH + 98 * 4)
  })

  it('hands over execution marks once', async () => {
    const mark = 'ldr r0, =0xE0000000\nmark: str r1, [r0]\nadds r1, #1\ncmp r1, #3\nblt mark\nb .\n'
    const marking = await assemble(bench, `marks-${thread}`, `${vectors('start')}start: movs r1, #0\n${mark}`)
    const { probe, takeMarks } = await open(marking)
    await probe.writeWord(addr(REGISTER.DHCSR), RUN)
    await probe.writeWord(addr(REGISTER.DEMCR), (1 << 24) | 1)
    await probe.pulseReset()
    await probe.writeWord(addr(REGISTER.ITM_LAR), 0xc5acce55)
    await probe.writeWord(addr(REGISTER.ITM_TCR), 1)
    await probe.writeWord(addr(REGISTER.ITM_TER), 1)
    await probe.writeWord(addr(REGISTER.DHCSR), RUN)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const marks = await takeMarks()
    expect(marks.map(({ value, instructions }) => [value, instructions])).toEqual([
      [0, 3],
      [1, 7],
      [2, 11],
    ])
    expect(await takeMarks()).toEqual([])
  })

  it('is gone when it was unplugged', async () => {
    const { probe, unplug, takeMarks } = await open(echo)
    await unplug()
    const gone = expect.objectContaining({ code: 'BOARD_GONE' })
    await expect(probe.readWord(addr(SRAM))).rejects.toEqual(gone)
    await expect(probe.pulseReset()).rejects.toEqual(gone)
    await expect(takeMarks()).rejects.toEqual(gone)
  })
})

it('does not keep a process alive that forgets to close it while its core sleeps', async () => {
  const script = join(bench.directory, 'forget.mjs')
  await build({
    stdin: {
      contents: `import { openVirtualBoard } from './src-main/emulator/virtual-board.ts'
        import { BOARDS } from './src-main/device/board-data.ts'
        const board = await openVirtualBoard(BOARDS[0])
        console.log((await board.probe.readWord(BOARDS[0].idCodeAddress)) & 0xfff)`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'silent',
  })
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })
  expect(stdout.trim()).toBe(String(0x413))
})
