// Runs a bare-metal program on a virtual board until it exits through semihosting.

import { systemClock, type Clock } from '../base/clock.ts'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import { hexAddr } from '../base/units.ts'
import type { BoardData, MemoryRegion } from '../device/board-data.ts'
import { CFSR, type FaultRecord } from './core/faults.ts'
import { readElf, type ElfImage } from './elf.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { Heap, OutputStream } from './semihosting-calls.ts'
import { Semihosting } from './semihosting.ts'

export interface RunElfOptions extends MachineOptions {
  /** 10^10 when not given; must be reached exactly or not at all */
  maxInstructions?: number
  signal?: AbortSignal
  onOutput?: (text: string, stream: OutputStream) => void
  clock?: Clock
}

export interface RunElfResult {
  stdout: string
  exitCode: number
  /** executed from reset to exit, the exiting BKPT among them */
  instructions: number
  /** of the core, with the wait states that the program sets in FLASH_ACR; none after reset (docs/timing.md) */
  cycles: number
}

const DEFAULT_LIMIT = 1e10
/** between looks at the abort signal */
const SLICE_CYCLES = 2_000_000
const HEAP_ALIGNMENT = 16

const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  3: 'HardFault',
  4: 'MemManage',
  5: 'BusFault',
  6: 'UsageFault',
}

/**
 * Loads the ELF's segments, starts at its vector table (or, without one, at its entry point with the stack at the
 * top of RAM) and runs it. Throws ELF_INVALID, TARGET_FAULT, INSTRUCTION_LIMIT, CANCELLED.
 */
export async function runElf(elf: Uint8Array, data: BoardData, options: RunElfOptions = {}): Promise<RunElfResult> {
  const { maxInstructions = DEFAULT_LIMIT, signal, onOutput, clock = systemClock, translate } = options
  const image = readElf(elf)
  const machine = new Machine(data, { translate })
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  let stdout = ''
  let exitCode: number | undefined
  const semihosting = new Semihosting(machine, {
    heap: findHeap(machine, image),
    clock,
    onOutput: (bytes, stream) => {
      const text = decoders[stream].decode(bytes, { stream: true })
      if (stream === 'stdout') stdout += text
      onOutput?.(text, stream)
    },
    onExit: (code) => {
      exitCode = code
    },
  })
  machine.core.semihosting = () => semihosting.handle()
  loadProgram(machine, image)

  while (exitCode === undefined) {
    throwIfCancelled(signal)
    const left = maxInstructions - machine.counters.instructions
    if (left <= 0) throw limitReached(machine, maxInstructions, stdout)
    // Every instruction takes at least a cycle, so that a budget of `left` cycles can't run past the limit.
    const state = machine.run(Math.min(SLICE_CYCLES, left))
    if (state === 'asleep') {
      if (machine.scheduler.next === Infinity) throw asleepForGood(machine, stdout)
      machine.sleep(Infinity)
    }
    if (state === 'locked-up' || hangsInFaultHandler(machine)) throw targetFault(machine.core.faults.last!, stdout)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { stdout, exitCode, ...machine.counters }
}

/**
 * Loads the segments and starts at the vector table or, without one, at the entry point with the stack at the top of
 * RAM. Throws ELF_INVALID.
 */
export function loadProgram(machine: Machine, image: ElfImage): void {
  load(machine, image)
  start(machine, image)
}

function load(machine: Machine, image: ElfImage): void {
  for (const { address, bytes, memorySize } of image.segments) {
    const fits = machine.preload(address, bytes) && machine.memory.placeOf(address + memorySize - 1) >= 0
    if (bytes.length > 0 && !fits) {
      throw new AppError(
        'ELF_INVALID',
        `The segment at ${hexAddr(address)} (${memorySize} bytes) is outside the memories of ${machine.data.board}.`,
        { hint: `Link for flash at ${hexAddr(machine.data.flash.start)} and RAM at ${regions(machine)}.` },
      )
    }
  }
}

const regions = (machine: Machine) =>
  machine.data.ram.map(({ start, size }) => `${hexAddr(start)} (${size / 1024} KB)`).join(', ')

/** What the program leaves free above its highest segment, in the RAM that it uses. */
function findHeap(machine: Machine, image: ElfImage): Heap {
  const { ram } = machine.data
  const inside = ({ runAddress }: { runAddress: number }, region: MemoryRegion) =>
    runAddress >= region.start && runAddress < region.start + region.size
  const used = ram.find((region) => image.segments.some((segment) => inside(segment, region)))
  const { start, size } = used ?? ram[0]!
  const limit = start + size
  let base: number = start
  for (const { runAddress, memorySize } of image.segments) {
    const end = runAddress + memorySize
    if (runAddress >= start && end <= limit) base = Math.max(base, end)
  }
  return { base: (base + HEAP_ALIGNMENT - 1) & -HEAP_ALIGNMENT, limit }
}

/** Resets into the vector table when the program brought one, else goes to its entry point. */
function start(machine: Machine, image: ElfImage): void {
  const { core, data } = machine
  const table = core.scb.vtor
  const stack = machine.bus.read(table, 4) >>> 0
  const resetVector = machine.bus.read(table + 4, 4) >>> 0
  const inRam = data.ram.some((region) => stack > region.start && stack <= region.start + region.size)
  const hasTable = inRam && (resetVector & 1) === 1 && machine.memory.fetchOffset(resetVector & ~1) >= 0
  machine.reset()
  if (hasTable) return
  const ram = data.ram[0]!
  core.lockedUp = false
  core.faults.last = undefined
  core.nvic.reset()
  core.ipsr = 0
  core.r[13] = ram.start + ram.size
  core.pc = (image.entry & ~1) >>> 0
}

/** A fault handler that only branches to itself, as start-up files have it, will never end. */
function hangsInFaultHandler({ core, memory }: Machine): boolean {
  if (EXCEPTION_NAMES[core.ipsr] === undefined) return false
  const offset = memory.fetchOffset(core.pc)
  return offset >= 0 && memory.u16[offset >> 1] === 0xe7fe
}

function targetFault(fault: FaultRecord, stdout: string): AppError {
  const name = EXCEPTION_NAMES[fault.exception] ?? `exception ${fault.exception}`
  const where = (fault.cfsr & CFSR.IMPRECISERR) !== 0 ? 'behind a failed store, near' : 'at'
  const address = (fault.cfsr & CFSR.BFARVALID) !== 0 ? `, BFAR ${hexAddr(fault.bfar)}` : ''
  const registers = fault.registers.map((word, index) => `r${index}=${hexAddr(word)}`).join(' ')
  return new AppError(
    'TARGET_FAULT',
    `${name} ${where} ${hexAddr(fault.pc)}: CFSR ${hexAddr(fault.cfsr)}, HFSR ${hexAddr(fault.hfsr)}${address}; ` +
      `sp=${hexAddr(fault.sp)} lr=${hexAddr(fault.lr)} ${registers}`,
    { context: { ...fault, stdout } },
  )
}

function limitReached(machine: Machine, limit: number, stdout: string): AppError {
  return new AppError('INSTRUCTION_LIMIT', `The program ran ${limit} instructions without an end.`, {
    context: { pc: machine.core.pc, stdout },
  })
}

function asleepForGood(machine: Machine, stdout: string): AppError {
  return new AppError('TARGET_FAULT', `The program sleeps at ${hexAddr(machine.core.pc)} and nothing can wake it.`, {
    context: { pc: machine.core.pc, stdout },
  })
}
