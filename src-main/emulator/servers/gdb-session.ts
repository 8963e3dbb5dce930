// One debugger at one target: what each of GDB's packets asks for. Everything goes through the probe.

import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { toAppError } from '../../base/errors.ts'
import { addr } from '../../base/units.ts'
import type { BoardData } from '../../device/board-data.ts'
import { createCore, type Core } from '../../device/cortex-m.ts'
import { createFlashDriver } from '../../device/flash-drivers.ts'
import type { Probe } from '../../device/probe.ts'
import { freezeWatchdogs } from '../../device/watchdog-freeze.ts'
import { Breakpoints } from './gdb-breakpoints.ts'
import { GdbFlash, isFlash, memoryMap } from './gdb-flash.ts'
import {
  readAllGdbRegisters,
  readGdbRegister,
  targetDescription,
  writeAllGdbRegisters,
  writeGdbRegister,
} from './gdb-registers.ts'
import { GdbSemihosting, type Outcome } from './gdb-semihosting.ts'
import { GdbWatchpoints, isWatchpoint } from './gdb-watchpoints.ts'

const PACKET_BYTES = 0x4000
const POLL_MS = 5
const OK = 'OK'
const NOT_UNDERSTOOD = ''
const FAILED = 'E01'
/** Stop replies: SIGINT, SIGTRAP, SIGSEGV (a lockup). */
const STOPPED = { INTERRUPT: 'T02thread:1;', TRAP: 'T05thread:1;', LOCKUP: 'T0bthread:1;' } as const

/** Fixed answers. */
const CONSTANT: Readonly<Record<string, string>> = {
  qSupported: `PacketSize=${PACKET_BYTES.toString(16)};qXfer:features:read+;qXfer:memory-map:read+;QStartNoAckMode+;vContSupported+`,
  QStartNoAckMode: OK,
  qAttached: '1',
  qC: 'QC1',
  qfThreadInfo: 'm1',
  qsThreadInfo: 'l',
  qSymbol: OK,
  '?': STOPPED.TRAP,
  'vCont?': 'vCont;c;C;s;S',
  vMustReplyEmpty: NOT_UNDERSTOOD,
}

const MONITOR_HELP = 'monitor halt | reset (stops before the first instruction)\n'

export class GdbSession {
  readonly #data: BoardData
  readonly #probe: Probe
  readonly #core: Core
  readonly #flash: GdbFlash
  readonly #breakpoints: Breakpoints
  readonly #watchpoints: GdbWatchpoints
  readonly #semihosting: GdbSemihosting
  #interrupted = false
  #ended = false
  #thawWatchdogs: () => Promise<void> = () => Promise.resolve()

  /** `notify` is handed packets for GDB that answer none of its own. */
  constructor(data: BoardData, probe: Probe, notify: (packet: string) => void) {
    this.#data = data
    this.#probe = probe
    this.#core = createCore(probe)
    this.#flash = new GdbFlash(data, createFlashDriver(data.flash.driver, probe, systemClock))
    this.#breakpoints = new Breakpoints(probe)
    this.#watchpoints = new GdbWatchpoints(probe)
    this.#semihosting = new GdbSemihosting(probe, this.#core, systemClock, (text) =>
      notify(`O${Buffer.from(text).toString('hex')}`),
    )
  }

  /** Stops the core, as GDB expects it to be when it comes. */
  async attach(): Promise<void> {
    await this.#core.halt()
    this.#thawWatchdogs = await freezeWatchdogs(this.#probe, this.#data.idCode)
    await this.#breakpoints.open()
    await this.#watchpoints.open()
  }

  /** Ctrl-C in the debugger: a running core stops at the next look. */
  interrupt(): void {
    this.#interrupted = true
  }

  /** The debugger is gone: nothing of it stays behind, and the core runs on. */
  async detach(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#core.halt()
    await this.#breakpoints.removeAll()
    await this.#watchpoints.removeAll()
    await this.#thawWatchdogs()
    await this.#core.resume()
  }

  /** The answer to a packet; errors of the target become GDB's. */
  async answer(packet: Buffer): Promise<string> {
    const text = packet.toString('latin1')
    try {
      return CONSTANT[/^[^:;]*/.exec(text)![0]] ?? (await this.#dispatch(text))
    } catch (thrown) {
      if (toAppError(thrown).code === 'BOARD_GONE') throw thrown
      return FAILED
    }
  }

  #dispatch(text: string): Promise<string> {
    const rest = text.slice(1)
    switch (text[0]) {
      case 'g':
        return readAllGdbRegisters(this.#core)
      case 'G':
        return done(writeAllGdbRegisters(this.#core, rest))
      case 'p':
        return readGdbRegister(this.#core, parseInt(rest, 16)).then((value) => value ?? FAILED)
      case 'P': {
        const [index = '', value = ''] = rest.split('=')
        return writeGdbRegister(this.#core, parseInt(index, 16), value).then((taken) => (taken ? OK : FAILED))
      }
      case 'm':
        return this.#readMemory(rest)
      case 'M':
        return this.#writeMemory(rest, 'hex')
      case 'X':
        return this.#writeMemory(rest, 'latin1')
      case 'c':
        return this.#from(rest).then(() => this.#run())
      case 's':
        return this.#from(rest).then(() => this.#step())
      // A signal means nothing to a core: only where to go on may follow it.
      case 'C':
        return this.#from(rest.split(';')[1]).then(() => this.#run())
      case 'S':
        return this.#from(rest.split(';')[1]).then(() => this.#step())
      case 'Z':
      case 'z':
        return this.#breakpoint(text)
      case 'H':
      case 'T':
        return Promise.resolve(OK)
      case 'D':
        return done(this.detach())
      case 'v':
      case 'q':
        return this.#dispatchNamed(text)
      default:
        return Promise.resolve(NOT_UNDERSTOOD)
    }
  }

  async #dispatchNamed(text: string): Promise<string> {
    const [name = '', ...parts] = text.split(/[:;,]/)
    switch (name) {
      case 'vCont':
        return parts[0]?.toLowerCase().startsWith('s') ? this.#step() : this.#run()
      case 'vFlashErase':
        return done(this.#flash.erase(parseInt(parts[0]!, 16), parseInt(parts[1]!, 16)))
      case 'vFlashWrite': {
        const start = 'vFlashWrite:'.length
        const colon = text.indexOf(':', start)
        this.#flash.write(parseInt(text.slice(start, colon), 16), Buffer.from(text.slice(colon + 1), 'latin1'))
        return OK
      }
      case 'vFlashDone':
        return done(this.#flash.finish())
      case 'qXfer':
        return this.#transfer(parts)
      case 'qRcmd':
        return this.#monitor(
          Buffer.from(parts[0] ?? '', 'hex')
            .toString('latin1')
            .trim(),
        )
      default:
        return NOT_UNDERSTOOD
    }
  }

  /** `features:read:target.xml:offset,length` and `memory-map:read::offset,length` */
  #transfer([object, action, , offset = '', length = '']: readonly string[]): string {
    const documents: Record<string, () => string> = {
      features: targetDescription,
      'memory-map': () => memoryMap(this.#data),
    }
    const document = action === 'read' ? documents[object ?? '']?.() : undefined
    if (document === undefined) return NOT_UNDERSTOOD
    const start = parseInt(offset, 16)
    const end = start + parseInt(length, 16)
    return (end < document.length ? 'm' : 'l') + document.slice(start, end)
  }

  async #readMemory(rest: string): Promise<string> {
    const [address, length] = rest.split(',').map((part) => parseInt(part, 16))
    return Buffer.from(await this.#probe.read(addr(address!), Math.min(length!, PACKET_BYTES / 2))).toString('hex')
  }

  async #writeMemory(rest: string, encoding: 'hex' | 'latin1'): Promise<string> {
    const colon = rest.indexOf(':')
    const [address] = rest.split(',', 1)
    const bytes = Buffer.from(rest.slice(colon + 1), encoding)
    if (bytes.length > 0) await this.#probe.write(addr(parseInt(address!, 16)), Uint8Array.from(bytes))
    return OK
  }

  async #breakpoint(text: string): Promise<string> {
    const [kind = '', place = '', size = ''] = text.slice(1).split(/[,;]/)
    const address = parseInt(place, 16)
    const inserts = text.startsWith('Z')
    const taken = (free: boolean) => (free ? OK : FAILED)
    if (isWatchpoint(kind)) {
      const length = parseInt(size, 16)
      if (inserts) return taken(await this.#watchpoints.add(kind, address, length))
      return done(this.#watchpoints.remove(kind, address, length))
    }
    // Flash takes no BKPT: there a software breakpoint is one of the hardware's too.
    const hardware = kind === '1' || (kind === '0' && isFlash(this.#data, address))
    if (hardware) {
      if (inserts) return taken(await this.#breakpoints.addHardware(address))
      return done(this.#breakpoints.removeHardware(address))
    }
    if (kind !== '0') return NOT_UNDERSTOOD
    return done(inserts ? this.#breakpoints.addSoftware(address) : this.#breakpoints.removeSoftware(address))
  }

  async #monitor(command: string): Promise<string> {
    const [name] = command.split(/\s+/)
    if (name === 'reset') await this.#core.resetAndHalt()
    else if (name === 'halt') await this.#core.halt()
    else return Buffer.from(MONITOR_HELP).toString('hex')
    return OK
  }

  /** The address that some packets name to go on from. */
  async #from(address: string | undefined): Promise<void> {
    if (address !== undefined && address !== '') await this.#core.writeRegister('pc', parseInt(address, 16))
  }

  /** Even where a breakpoint is set: whoever steps wants to leave it. */
  async #step(): Promise<string> {
    const outcome = await this.#breakpoints.liftedAt(await this.#core.readRegister('pc'), async () => {
      const served = await this.#semihosting.serveNext()
      if (served === 'stopped') await this.#core.step()
      return served
    })
    return typeof outcome === 'string' ? this.#trapped() : exited(outcome)
  }

  async #trapped(): Promise<string> {
    return STOPPED.TRAP + (await this.#watchpoints.takeHit())
  }

  async #run(): Promise<string> {
    this.#interrupted = false
    await this.#resume()
    for (;;) {
      const { halted, lockedUp } = await this.#core.state()
      if (halted) {
        const outcome = await this.#serveHalted()
        if (outcome === 'stopped') return this.#trapped()
        if (outcome !== 'served') return exited(outcome)
        if (!this.#interrupted) {
          await this.#resume()
          continue
        }
      }
      if (lockedUp || this.#interrupted) {
        await this.#core.halt()
        return lockedUp ? STOPPED.LOCKUP : STOPPED.INTERRUPT
      }
      await delay(POLL_MS)
    }
  }

  /** A breakpoint before a call stops the program there; the step that leaves it serves the call. */
  async #serveHalted(): Promise<Outcome> {
    const pc = await this.#core.readRegister('pc')
    return this.#breakpoints.isSetAt(pc) ? 'stopped' : this.#semihosting.serveHalted()
  }

  async #resume(): Promise<void> {
    await this.#semihosting.expect()
    await this.#core.resume()
  }
}

const exited = ({ exitCode }: { exitCode: number }) => `W${(exitCode & 0xff).toString(16).padStart(2, '0')}`

const done = (work: Promise<unknown>): Promise<string> => work.then(() => OK)
