// A whole virtual STM32: core, bus, memories, peripherals, and the loop that runs them together.

import type { BoardData } from '../device/board-data.ts'
import { AccessMaps } from './access-maps.ts'
import { Bus } from './bus.ts'
import { CodeCache } from './code-cache.ts'
import { BreakpointUnit } from './core/breakpoint-unit.ts'
import { Core } from './core/core.ts'
import { Debug, DFSR } from './core/debug.ts'
import { Mpu } from './core/mpu.ts'
import { Nvic } from './core/nvic.ts'
import { Scb } from './core/scb.ts'
import { SystemControlSpace } from './core/system-control-space.ts'
import { SysTick } from './core/systick.ts'
import { Dwt, Itm } from './core/trace.ts'
import { FIRST_INTERRUPT } from './core/exception-numbers.ts'
import { interpret, interpretOne } from './execute/interpreter.ts'
import { warmUp } from './execute/warm-up.ts'
import { Memory } from './memory.ts'
import { Translator } from './translate/translator.ts'
import { Scheduler } from './scheduler.ts'
import type { ChipParts, Clocks, FlashFaults, ReadProtection, ResetCause } from './stm32/chip.ts'
import { chipOf } from './stm32/chips.ts'
import { chipTiming, type ChipTiming } from './stm32/chip-timing.ts'
import type { Usart } from './stm32/usart.ts'
import { stimulusPacket, TracePort, tracePortAddress, type OnTrace } from './trace-port.ts'
import type { ExecutionMark } from '../device/board.ts'

const PPB = { ITM: 0xe0000000, DWT: 0xe0001000, FPB: 0xe0002000, SCS: 0xe000e000 } as const
const PPB_BLOCK = 0x1000
/** SCR: waiting for an interrupt stops the clocks (Armv7-M ARM B3.2.7); on an STM32 that is its stop or standby mode. */
export const SLEEPDEEP = 1 << 2

/** Why `run` came back: budget used up, nothing to do until something happens, stopped by a debugger or for good. */
export type RunState = 'running' | 'asleep' | 'halted' | 'locked-up' | 'stopped'

export interface MachineOptions extends FlashFaults {
  /** false: the interpreter alone executes everything; 'eager': what is executed once is translated. The outcome is the same. */
  translate?: boolean | 'eager'
}

export class Machine {
  readonly data: BoardData
  readonly memory: Memory
  readonly code: CodeCache
  readonly bus: Bus
  readonly core: Core
  readonly scheduler: Scheduler
  readonly serialPort: Usart
  readonly rcc: Clocks
  /** what the firmware wrote to ITM stimulus port 0 and nobody took yet */
  marks: ExecutionMark[] = []
  /** told of what leaves the SWO pin */
  onTrace: OnTrace = () => undefined
  /** indices of flash sectors whose cells no longer change: for whoever wants to see what becomes of it */
  readonly wornSectors = new Set<number>()
  /** set by whoever wants `run` to return 'stopped' */
  stopRequested = false
  readonly #translator: Translator | undefined
  readonly #systick: SysTick
  readonly #mpu: Mpu
  readonly #timing: ChipTiming | undefined
  #countsWaits = true
  readonly #accessMaps: AccessMaps
  readonly #peripherals: ChipParts
  #pendingReset: ResetCause | 'core' | undefined
  #resetInstructions = 0
  #resetCycles = 0

  constructor(data: BoardData, { translate = true, ...flashFaults }: MachineOptions = {}) {
    this.data = data
    const chip = chipOf(data)
    const { processor } = chip
    this.memory = new Memory(chip.memoryBlocks(data))
    this.code = new CodeCache(this.memory, processor)
    this.bus = new Bus(this.memory, this.code, processor.hasBitBands)
    const attention = () => {
      // The first calls come while the parts of the core are still being made.
      if (this.core !== undefined) this.core.attention = true
    }
    const nvic = new Nvic(chip.interrupts, chip.priorityBits, attention)
    const debug = new Debug()
    const requestReset = (kind: ResetCause | 'core') => {
      this.#pendingReset = kind
      attention()
    }
    const scb = new Scb(processor, chip.vectorTable, (kind) => requestReset(kind === 'system' ? 'software' : kind))
    const mpu = new Mpu(attention)
    this.#mpu = mpu
    const { lateStores } = processor
    this.core = new Core({ memory: this.memory, code: this.code, bus: this.bus, nvic, scb, debug, mpu, lateStores })
    scb.connect(this.core)
    debug.connect(this.core)
    this.bus.privileged = () => this.core.privileged
    this.bus.loaded = (offset) => this.core.countLoad(offset)
    this.bus.stored = (offset) => this.core.countStore(offset)
    this.scheduler = new Scheduler(() => this.core.cycles, attention)
    this.#systick = new SysTick(this.scheduler, nvic)
    this.bus.mayAccess = (address, access, unprivileged) =>
      mpu.allows(mpu.view(this.core, unprivileged), address, access)
    const dwt = new Dwt({
      debug,
      core: () => this.core,
      code: this.code,
      memory: this.memory,
      scheduler: this.scheduler,
    })
    debug.onTraceChange = () => dwt.update()
    this.core.isWatchpoint = (address) => dwt.matchedAt(address)
    this.bus.watch = (address, size, access, value) => dwt.watch(address, size, access, value)
    const tracePort = new TracePort(
      () => this.rcc.coreHz,
      (bytes, baud) => this.onTrace(bytes, baud),
    )
    const fpb = new BreakpointUnit(this.memory, this.code, processor.breakpoints, attention)
    this.bus.loadAddress = (address, size) => fpb.loadAddress(address, size)
    this.#accessMaps = new AccessMaps({ memory: this.memory, code: this.code, core: this.core, mpu, dwt, fpb })
    this.bus.attach(PPB.SCS, PPB_BLOCK, new SystemControlSpace(this.#systick, nvic, scb, debug, mpu))
    this.bus.attach(PPB.DWT, PPB_BLOCK, dwt)
    const itm = new Itm(debug, (port, value, size) => {
      this.#mark(port, value)
      tracePort.send(stimulusPacket(port, value, size))
    })
    this.bus.attach(PPB.ITM, PPB_BLOCK, itm)
    this.bus.attach(PPB.FPB, PPB_BLOCK, fpb)
    this.#timing = chipTiming(this.memory, data, scb)
    this.#peripherals = chip.attach({
      ...{ memory: this.memory, code: this.code, bus: this.bus, scheduler: this.scheduler, data },
      wornSectors: this.wornSectors,
      flashFaults,
      clockChanged: attention,
      interrupt: (number) => nvic.setPending(FIRST_INTERRUPT + number),
      requestReset,
      onAccessControl: (acr) => {
        this.#timing?.configure(acr)
        this.#applyTiming()
      },
    })
    this.bus.attach(tracePortAddress(data.idCode), PPB_BLOCK, tracePort)
    this.rcc = this.#peripherals.rcc
    this.serialPort = this.#peripherals.serialPort
    this.memory.u8.fill(0xff, 0, data.flash.size)
    warmUp(this.core, data.ram[0]!.start)
    if (translate !== false) this.#translator = new Translator(this.core, translate === 'eager')
    this.reset('power')
  }

  /** Whether cycles include the waits for flash (docs/timing.md). */
  get countsWaits(): boolean {
    return this.#countsWaits
  }

  set countsWaits(counts: boolean) {
    this.#countsWaits = counts
    this.#applyTiming()
  }

  #applyTiming(): void {
    const waits = this.#countsWaits && this.#timing !== undefined && this.#timing.waitStates > 0
    this.core.memoryTiming = waits ? this.#timing : undefined
    this.code.translations?.forgetAll()
    this.core.attention = true
  }

  /** Level of the flash's read-out protection: with 2 the debug port does not answer. */
  get readProtection(): ReadProtection {
    return this.#peripherals.flash.readProtection
  }

  /** To be called when a debugger reaches into the chip: protected flash closes until the power was off. */
  intrude(): void {
    this.#peripherals.flash.intrude()
  }

  /** Instructions and cycles since the last reset. */
  get counters(): { instructions: number; cycles: number } {
    return {
      instructions: this.core.instructions - this.#resetInstructions,
      cycles: this.core.cycles - this.#resetCycles,
    }
  }

  #mark(port: number, value: number): void {
    if (port === 0) this.marks.push({ value, ...this.counters })
  }

  /** System reset. The memories and the debug registers keep what they hold. */
  reset(cause: ResetCause = 'pin'): void {
    this.#pendingReset = undefined
    this.rcc.reset(cause)
    if (cause === 'power') this.#peripherals.flash.powerUp()
    this.#peripherals.reset(cause)
    this.#systick.reset()
    this.#resetCore()
  }

  #resetCore(): void {
    const { core } = this
    this.#pendingReset = undefined
    core.nvic.reset()
    core.scb.reset()
    this.#mpu.reset()
    core.reset()
    core.debug.afterReset()
    this.#resetInstructions = core.instructions
    this.#resetCycles = core.cycles
  }

  /** Puts an image where it belongs without the flash controller: what a chip holds before it is powered. */
  preload(address: number, bytes: Uint8Array): boolean {
    const offset = this.memory.placeOf(address)
    if (offset < 0 || this.memory.placeOf(address + bytes.length - 1) !== offset + bytes.length - 1) return false
    this.memory.u8.set(bytes, offset)
    this.code.invalidate(offset, bytes.length)
    return true
  }

  /** Runs for about `budget` cycles of emulated time, or until there is nothing to run. */
  run(budget: number): RunState {
    const { core, scheduler } = this
    const end = scheduler.now + budget
    for (;;) {
      scheduler.fireDue()
      this.settle()
      if (this.stopRequested) return 'stopped'
      if (core.debug.halted) return 'halted'
      if (core.lockedUp) return 'locked-up'
      const left = Math.min(end, scheduler.next) - scheduler.now
      if (scheduler.now >= end) return 'running'
      core.attention = false
      if (!core.debug.masksInterrupts) core.exceptions.takePending()
      if (core.attention) continue
      if (core.sleeping && !this.#wakes()) {
        if (!this.#deepSleepResets) return 'asleep'
        this.reset('low-power')
        continue
      }
      this.#accessMaps.settle()
      if (core.debug.stepping || core.debug.monitorSteps) this.#step()
      else if (core.lateStores.failing) this.#one()
      else if (this.#translator !== undefined) this.#translator.run(left)
      else interpret(core, left)
    }
  }

  /** While the core sleeps: lets time pass until the next event is due, at most `limit` cycles. */
  sleep(limit: number): void {
    const { scheduler } = this
    scheduler.pass(Math.max(0, Math.min(limit, scheduler.next - scheduler.now)))
  }

  /** Carries out a reset that is due: a register write or a watchdog has asked for it. */
  settle(): void {
    if (this.#pendingReset === 'core') this.#resetCore()
    else if (this.#pendingReset !== undefined) this.reset(this.#pendingReset)
  }

  get #deepSleepResets(): boolean {
    return (this.core.scb.scr & SLEEPDEEP) !== 0 && this.#peripherals.deepSleepResets()
  }

  /** WFI ends with any exception that could be taken if PRIMASK were clear, taken or not. */
  #wakes(): boolean {
    const { nvic, basepri, faultmask } = this.core
    const exception = nvic.highestPending()
    if (exception === 0) return false
    if (nvic.priorityOf(exception) >= nvic.executionPriority({ primask: 0, basepri, faultmask })) return false
    this.core.sleeping = false
    return true
  }

  /** One instruction, and then what the bus says of a store before it. */
  #one(): void {
    const { core } = this
    const { failing } = core.lateStores
    core.lateStores.failing = false
    interpretOne(core)
    if (failing) core.faults.lateStore()
  }

  /** One instruction for the debugger or for the monitor. */
  #step(): void {
    const { debug } = this.core
    const { monitorSteps } = debug
    this.#one()
    if (monitorSteps) debug.event(DFSR.HALTED)
    else if (debug.stepping && !debug.halted) debug.halt(DFSR.HALTED)
  }
}
