import { expect, test } from 'vitest'
import { createAssembler } from '../../src-main/codegen/assembler.ts'
import { createMachine, FLASH, poke, REGISTER, RUN, runToBreakpoint } from './harness.ts'

const PROGRAM = FLASH + 0x100

/** A program behind a vector table; it ends at its BKPT. */
function image(emit: (k: ReturnType<typeof createAssembler>) => void): Uint8Array {
  const k = createAssembler()
  emit(k)
  k.bkpt(0)
  const code = k.assemble().bytes
  const bytes = new Uint8Array(PROGRAM - FLASH + code.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x20001000, true)
  view.setUint32(4, PROGRAM | 1, true)
  bytes.set(code, PROGRAM - FLASH)
  return bytes
}

test('a program that replaces IT blocks close behind each other has none of their conditions', () => {
  const machine = createMachine(image(() => undefined))
  const run = (bytes: Uint8Array) => {
    machine.preload(FLASH, bytes)
    machine.reset()
    poke(machine, REGISTER.DHCSR, RUN)
    runToBreakpoint(machine)
    return machine.core.r[0]
  }
  const conditional = image((k) => {
    k.mov('r0', 0)
    // Every distance between two of them that an IT block can span, and those next to it.
    for (let between = 0; between < 12; between++) {
      k.cmp('r0', 1)
      k.it('lt', () => k.mov('r0', 'r1'))
      for (let i = 0; i < between; i++) k.cmp('r0', 'r0')
    }
  })
  const counting = image((k) => {
    k.mov('r0', 0)
    for (let i = 0; i < 60; i++) k.adds('r0', 'r0', 1)
  })
  run(conditional)
  expect(run(counting)).toBe(60)
})
