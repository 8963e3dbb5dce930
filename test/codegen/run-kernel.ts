// Runs an emitted kernel on an emulated core: code and constants in flash, tensors in RAM between guard bytes.

import { expect } from 'vitest'
import type { EmittedKernel } from '../../src-main/codegen/kernels/kernel.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { createMachine, FLASH, poke, REGISTER, RUN, runToBreakpoint } from '../emulator/harness.ts'

export const CORES = [
  { core: 'M4', board: 'stm32f407' },
  { core: 'M7', board: 'stm32f746' },
]

const STOP = FLASH + 0x10
const CODE = FLASH + 0x100
const STACK_BYTES = 1024
const GUARD_BYTES = 16
const GUARD = 0xa5
/** what AAPCS has a function keep: r4 to r11 */
const KEPT = [4, 5, 6, 7, 8, 9, 10, 11]

export interface KernelRun {
  output: Int8Array
  /** executed between the call and the return, as the core counts them; wait states are off after reset */
  instructions: number
  cycles: number
}

const align = (value: number, to: number) => Math.ceil(value / to) * to

/** A vector table, a BKPT to return to, and the kernel; then its constants. */
function image({ code, constants }: EmittedKernel, stack: number): { bytes: Uint8Array; constantsAt: number } {
  const constantsAt = align(CODE + code.bytes.length, 16)
  const bytes = new Uint8Array(constantsAt - FLASH + constants.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, stack, true)
  view.setUint32(4, STOP | 1, true)
  view.setUint16(STOP - FLASH, 0xbe00, true)
  bytes.set(code.bytes, CODE - FLASH)
  bytes.set(constants, constantsAt - FLASH)
  return { bytes, constantsAt }
}

/** One machine a board: making one takes longer than running a small kernel. */
const machines = new Map<string, Machine>()

function machineOf(board: string): Machine {
  const machine = machines.get(board) ?? createMachine(new Uint8Array(8), board)
  machines.set(board, machine)
  return machine
}

/**
 * Calls the kernel once. `second`: an input where others have their scratch. `inPlace`: the output lies where the input
 * does. Fails where it writes beside its output and scratch, or keeps no register that it has to.
 */
export function runKernel(
  kernel: EmittedKernel,
  input: Uint8Array,
  outputBytes: number,
  board: string,
  second: Uint8Array = new Uint8Array(0),
  inPlace = false,
): KernelRun {
  const machine = machineOf(board)
  const { core } = machine
  const ram = machine.data.ram[0]!
  const stack = ram.start + STACK_BYTES
  const { bytes, constantsAt } = image(kernel, stack)
  machine.preload(FLASH, bytes)
  machine.reset()

  let at = stack + GUARD_BYTES
  const place = (size: number) => {
    const start = at
    at = align(start + size + GUARD_BYTES, 16)
    return { start, size }
  }
  const tensorIn = place(inPlace ? Math.max(input.length, outputBytes) : input.length)
  const tensorOut = inPlace ? tensorIn : place(outputBytes)
  const scratch = place(Math.max(kernel.scratchBytes, second.length))
  expect(at).toBeLessThanOrEqual(ram.start + ram.size)
  machine.preload(ram.start, new Uint8Array(at - ram.start).fill(GUARD))
  machine.preload(tensorIn.start, input)
  if (second.length > 0) machine.preload(scratch.start, second)

  core.r.set([tensorIn.start, tensorOut.start, scratch.start, constantsAt])
  for (const number of KEPT) core.r[number] = 0x1000 + number
  core.r[13] = stack
  core.r[14] = STOP | 1
  core.pc = CODE
  // It may still stand at the last call's BKPT.
  poke(machine, REGISTER.DHCSR, RUN)
  const before = machine.counters
  expect(runToBreakpoint(machine, 2e9)).toBe(STOP)
  const after = machine.counters

  expect([...core.r.subarray(4, 12)]).toEqual(KEPT.map((number) => 0x1000 + number))
  expect(core.r[13]).toBe(stack)
  const memory = (start: number, size: number) => {
    const offset = machine.memory.offsetOf(start)
    return machine.memory.u8.slice(offset, offset + size)
  }
  if (!inPlace) expect(memory(tensorIn.start, input.length)).toEqual(input)
  for (const { start, size } of [tensorIn, tensorOut, scratch])
    expect(memory(start + size, GUARD_BYTES)).toEqual(new Uint8Array(GUARD_BYTES).fill(GUARD))
  const belowStack = STACK_BYTES - kernel.stackBytes
  expect(memory(ram.start, belowStack)).toEqual(new Uint8Array(belowStack).fill(GUARD))
  return {
    output: new Int8Array(memory(tensorOut.start, outputBytes).buffer),
    instructions: after.instructions - before.instructions,
    cycles: after.cycles - before.cycles,
  }
}
