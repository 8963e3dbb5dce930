// gdb-multiarch as a client of the GDB server, on every chip.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { createCore } from '../../src-main/device/cortex-m.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { framePacket } from '../../src-main/emulator/servers/gdb-packets.ts'
import { serveGdb } from '../../src-main/emulator/servers/gdb.ts'
import type { Server } from '../../src-main/emulator/servers/loopback.ts'
import { chipOf } from '../../src-main/emulator/stm32/chips.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { M4, Workbench } from '../emulator/toolchain.ts'
import { runGdb, TIMEOUT_MS } from './gdb.ts'

const PROGRAM = `${process.cwd()}/test/gdb/program.c`
const RAM_SCRIPT = `${process.cwd()}/test/gdb/ram.ld`

let bench: Workbench
let elf: string
let elfInRam: string
let board: VirtualBoard
let server: Server

beforeAll(async () => {
  bench = await Workbench.open()
  const options = { core: M4, optimise: '-O0', library: false, flags: ['-g', '-Wall', '-Werror'] }
  elf = (await bench.build('debugged', [PROGRAM], options)).path
  elfInRam = (await bench.build('in-ram', [PROGRAM], { ...options, linkerScript: RAM_SCRIPT })).path
})
afterAll(() => bench.close())

const serve = async (data: (typeof BOARDS)[number]) => {
  board = await openVirtualBoard(data)
  const openProbe = () => openStlinkProbe(board.stlink, { serial: 'gdb' })
  server = await serveGdb(0, { data, openProbe })
}
afterEach(async () => {
  await server.close()
  await board.close()
})

const gdb = (...commands: string[]) => gdbOn(elf, ...commands)
const gdbOn = (program: string, ...commands: string[]) => runGdb(server.port, program, [...commands, 'detach'])

/** Sends a packet, without acknowledgements after the first; what comes back. */
const talker = (socket: Socket) => async (packet: string) => {
  socket.write(framePacket(packet))
  let text = ''
  while (!/\$[^#]*#../.test(text)) text += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1')
  return /\$([^#]*)#/.exec(text)![1]!
}

describe.each(BOARDS)('$id', (data) => {
  beforeEach(() => serve(data))

  it('loads, breaks, shows where it is, prints, goes on', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb(
      ...['load', 'compare-sections', 'monitor reset', 'break sum_of', 'continue', 'backtrace', 'info breakpoints'],
      ...['print numbers[2]', 'print rounds', 'set var values[3] = 40', 'finish', 'delete', 'break weigh', 'continue'],
      ...['print rounds', 'print factor', 'print ratio', 'p/x $xpsr & 0x01000000', 'info registers d0 msp'],
    )
    expect(said).not.toMatch(/MIS-MATCHED|Cannot|Error/)
    expect(said.match(/matched/g)).toHaveLength(3)
    expect(said).toMatch(/#0 .*sum_of .*\n#1 .*weigh \(factor=1\).*\n#2 .*main/)
    expect(said).toContain('$1 = 3\n')
    expect(said).toContain('$2 = 1\n')
    expect(said).toContain('Value returned is $3 = 46')
    expect(said).toContain('$4 = 2\n')
    expect(said).toContain('$5 = 2\n')
    expect(said).toContain('$6 = 1.125\n')
    expect(said).toContain('$7 = 0x1000000\n')
    expect(said).toMatch(/msp +0x2001/)
  })

  it('steps through instructions and lines, sets registers and memory', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb(
      ...[
        'load',
        'monitor reset',
        'x/i $pc',
        'stepi',
        'stepi',
        'tbreak main',
        'continue',
        'next',
        'next',
        'print rounds',
      ],
      ...['set $r7 = 0x20001000', 'p/x $r7', 'set $d3 = 2.5', 'p $d3', 'set $primask = 1', 'p $primask'],
      ...['set {int}0x20002000 = 0x12345678', 'x/4xb 0x20002001', 'set {char}0x20002003 = 9', 'x/xw 0x20002000'],
    )
    expect(said).toMatch(/=> .*<Reset_Handler/)
    expect(said).toContain('$1 = 1\n')
    expect(said).toContain('$2 = 0x20001000\n')
    expect(said).toContain('$3 = 2.5\n')
    expect(said).toContain('$4 = 1 ')
    expect(said).toMatch(/0x20002001.*0x56\s+0x34\s+0x12\s+0x00/)
    expect(said).toMatch(/0x20002000.*0x09345678/)
  })
})

describe.each(BOARDS)('watchpoints, exceptions and counts on $id', (data) => {
  beforeEach(() => serve(data))

  it('stops at what is written, read, or either', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb(
      ...['load', 'monitor reset', 'tbreak main', 'continue', 'watch rounds', 'continue', 'continue', 'delete'],
      ...['rwatch values[2]', 'continue', 'backtrace 1', 'delete', 'awatch values[0]', 'continue', 'delete'],
      // Eight bytes at an address that is aligned to four only take two comparators.
      ...[
        'watch *(long long*)&values[1]',
        'set var answered = 0',
        'tbreak SVC_Handler',
        'continue',
        'info breakpoints',
      ],
    )
    expect(said).toMatch(/Hardware watchpoint 2: rounds\s+Old value = 0\s+New value = 1\s/)
    expect(said).toMatch(/Hardware watchpoint 2: rounds\s+Old value = 1\s+New value = 2\s/)
    expect(said).toMatch(/Hardware read watchpoint 3: values\[2\]\s+Value = 3\s+.*sum_of/)
    expect(said).toMatch(/Hardware access \(read\/write\) watchpoint 4: values\[0\]/)
    expect(said).toMatch(/Temporary breakpoint 6, SVC_Handler/)
    expect(said).not.toMatch(/Could not insert|Cannot/)
  })

  it('loads into RAM and runs there', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdbOn(
      elfInRam,
      ...['monitor reset', 'load', 'compare-sections', 'set {int}0xe000ed08 = 0x20000000', 'set $sp = (int)&__stack'],
      ...['set $pc = (int)Reset_Handler', 'break weigh', 'continue', 'p $pc', 'continue', 'p factor', 'p answered'],
    )
    expect(said).not.toMatch(/MIS-MATCHED|Cannot|Error/)
    expect(said.match(/matched/g)).toHaveLength(3)
    expect(said).toMatch(/\$1 = .*0x2000\w+ <weigh/)
    expect(said).toContain('$2 = 2\n')
    expect(said).toContain('$3 = 1\n')
  })

  it('follows the stack through an exception', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb(
      'load',
      'monitor reset',
      'break SVC_Handler',
      'continue',
      'backtrace',
      'finish',
      'p $xpsr & 0x1ff',
    )
    expect(said).toMatch(/#0 .*SVC_Handler.*\n#1 +<signal handler called>\n#2 .*ask .*\n#3 .*main/)
    expect(said).toMatch(/\$1 = 0\n/)
  })

  it('has as many breakpoints and watchpoints as the core, and says so', { timeout: TIMEOUT_MS }, async () => {
    const socket = connect(server.port, '127.0.0.1')
    const ask = talker(socket)
    await ask('QStartNoAckMode')
    const { count } = chipOf(data).processor.breakpoints
    for (let n = 0; n < count; n++) expect(await ask(`Z1,${(0x08000100 + 4 * n).toString(16)},2`)).toBe('OK')
    expect(await ask('Z1,8000200,2')).toBe('E01')
    expect(await ask('z1,8000100,2')).toBe('OK')
    expect(await ask('Z1,8000200,2')).toBe('OK')

    expect(await ask('Z2,20000000,4')).toBe('OK')
    expect(await ask('Z3,20000004,8')).toBe('OK') // two comparators, as it is not aligned to eight
    expect(await ask('Z4,20000010,10')).toBe('OK')
    expect(await ask('Z2,20000020,1')).toBe('E01')
    expect(await ask('z3,20000004,8')).toBe('OK')
    expect(await ask('Z2,20000020,1')).toBe('OK')
    socket.destroy()
  })

  it(
    'steps off a breakpoint that is still set, and goes on from where it is told to',
    { timeout: TIMEOUT_MS },
    async () => {
      await gdb('load', 'monitor reset')
      const socket = connect(server.port, '127.0.0.1')
      const ask = talker(socket)
      await ask('QStartNoAckMode')
      const pc = async () => Buffer.from(await ask('pf'), 'hex').readUInt32LE()
      const start = await pc()
      expect(await ask(`Z1,${start.toString(16)},2`)).toBe('OK')
      expect(await ask('vCont;s:1')).toMatch(/^T05/)
      const next = await pc()
      expect(next).toBeGreaterThan(start)
      expect(await ask(`S05;${start.toString(16)}`)).toMatch(/^T05/)
      expect(await pc()).toBe(next)
      expect(await ask(`c${start.toString(16)}`)).toMatch(/^T05/) // the breakpoint is still there
      expect(await pc()).toBe(start)
      socket.destroy()
    },
  )
})

const WATCHDOGS: Readonly<Record<string, { iwdg: number; flags: number; bit: number; freeze: number }>> = {
  stm32f407: { iwdg: 0x40003000, flags: 0x40023874, bit: 29, freeze: 0xe0042008 },
  stm32f746: { iwdg: 0x40003000, flags: 0x40023874, bit: 29, freeze: 0xe0042008 },
  stm32h743: { iwdg: 0x58004800, flags: 0x580244d0, bit: 26, freeze: 0x5c001054 },
}

describe.each(BOARDS)('a watchdog on $id', (data) => {
  beforeEach(() => serve(data))

  it('waits while the debugger has the core, and no longer', { timeout: TIMEOUT_MS }, async () => {
    const { iwdg, flags, bit, freeze } = WATCHDOGS[data.id]!
    const at = (address: number) => `{unsigned}${address}`
    const said = await gdb(
      ...['load', 'monitor reset', 'tbreak main', 'continue', `set ${at(iwdg)} = 0x5555`, `set ${at(iwdg + 8)} = 64`],
      ...[`set ${at(iwdg)} = 0xaaaa`, `set ${at(iwdg)} = 0xcccc`],
      // Hundreds of the debugger's accesses, a millisecond each, and eight milliseconds are all that it has.
      ...[
        'info registers',
        'info all-registers',
        'x/64xw 0x20000000',
        `print (${at(flags)} >> ${bit}) & 1`,
        'print $pc',
      ],
    )
    expect(said).toMatch(/\$1 = 0\n\$2 = .*<main/)
    const probe = await openStlinkProbe(board.stlink, { serial: 'after' })
    await expect.poll(async () => ((await probe.readWord(addr(flags))) >>> bit) & 1, { timeout: 10_000 }).toBe(1)
    expect(await probe.readWord(addr(freeze))).toBe(0)
  })
})

describe('what a debugger leaves behind', () => {
  beforeEach(() => serve(BOARDS[0]!))

  it('a core that runs, no breakpoint, and nothing watched', { timeout: TIMEOUT_MS }, async () => {
    await gdb('load', 'monitor reset', 'hbreak sum_of', 'break weigh', 'rwatch answered', 'continue')
    const probe = await openStlinkProbe(board.stlink, { serial: 'after' })
    const core = createCore(probe)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await core.state()).toMatchObject({ halted: false, lockedUp: false })
    expect((await probe.readWord(addr(0xe0002008))) & 1).toBe(0)
    expect(await probe.readWord(addr(0xe0001028))).toBe(0)
  })

  it(
    'stops a running core when it is interrupted; damaged packets and bus errors have their answers',
    { timeout: TIMEOUT_MS },
    async () => {
      await gdb('load', 'monitor reset')
      const socket = connect(server.port, '127.0.0.1')
      const until = async (pattern: RegExp) => {
        let text = ''
        while (!pattern.test(text)) text += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1')
        return text
      }
      socket.write(framePacket('QStartNoAckMode'))
      await until(/OK#9a/)
      socket.write(framePacket('vCont;c'))
      await new Promise((resolve) => setTimeout(resolve, 50))
      socket.write('\x03')
      expect(await until(/#../)).toContain('T02')
      socket.write('$Mdeadbeee,4:00000000#00') // a wrong checksum
      expect(await until(/-/)).toBe('-')
      socket.write(framePacket('mf0000000,4'))
      expect(await until(/#../)).toContain('E01')
      socket.destroy()
    },
  )

  it('tells one debugger at a time to come in', { timeout: TIMEOUT_MS }, async () => {
    const first = connect(server.port, '127.0.0.1')
    await once(first, 'connect')
    const second = connect(server.port, '127.0.0.1')
    await once(second, 'close')
    first.destroy()
    await expect.poll(() => gdb('p $xpsr').catch(() => ''), { timeout: 10_000 }).toContain('$1 =')
  })

  it('a lockup is a SIGSEGV', { timeout: TIMEOUT_MS }, async () => {
    // Nothing is in flash: the first instruction can't even be fetched.
    expect(await gdb('monitor reset', 'continue')).toContain('SIGSEGV')
  })
})
