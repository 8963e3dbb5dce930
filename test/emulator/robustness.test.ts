// Nothing that a program contains may throw in JavaScript, stall the interpreter or touch the emulator itself.

import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { decodeInstruction } from '../../src-main/emulator/code-cache.ts'
import { readElf } from '../../src-main/emulator/elf.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { FIRST_COLD, FIRST_DSP, OP, OP_NAMES } from '../../src-main/emulator/opcodes.ts'
import { FLASH, SRAM } from './harness.ts'

function expectPackable(high: number, low: number): void {
  const { op, a, b, c, d, imm } = decodeInstruction(high, low, false)
  const fields = [a, b, c, d].every((field) => Number.isInteger(field) && field >= 0 && field < 16)
  const valid = fields && Number.isInteger(imm) && op > OP.INVALID && op < OP_NAMES.length
  if (!valid) expect.fail(`${high.toString(16)} ${low.toString(16)}: ${JSON.stringify({ op, a, b, c, d, imm })}`)
}

describe('the decoder', () => {
  it('makes something that can be packed of every first halfword', () => {
    for (let high = 0; high < 65536; high++) expectPackable(high, 0)
  })

  it('makes something that can be packed of any 32 bits', () => {
    const word = fc.integer({ min: 0xe800, max: 0xffff })
    fc.assert(fc.property(word, fc.integer({ min: 0, max: 0xffff }), expectPackable), { seed: 5, numRuns: 30_000 })
  })
})

/** Eight regions anywhere, with faults that have handlers, and an unprivileged thread. */
function protectAtRandom(machine: Machine, rng: Rng): void {
  const { bus, core } = machine
  bus.write(0xe000ed24, 4, 0x70000)
  for (let region = 0; region < 8; region++) {
    bus.write(0xe000ed98, 4, region)
    bus.write(0xe000ed9c, 4, (rng.int(2) === 0 ? FLASH : SRAM) | (rng.int(1 << 16) & ~31))
    bus.write(0xe000eda0, 4, (rng.uint32() & 0x1707ff00) | ((4 + rng.int(15)) << 1) | 1)
  }
  bus.write(0xe000ed94, 4, 1 | (rng.int(4) << 1))
  core.unprivileged = rng.int(2) === 0
}

describe('the interpreter', () => {
  it('has the numbers of its cases from the opcode table, and every hot opcode', async () => {
    const source = await readFile('src-main/emulator/execute/interpreter.ts', 'utf8')
    const cases = [...source.matchAll(/case (\d+): \/\* (\w+) \*\//g)]
    for (const [, number, name] of cases) expect(OP_NAMES[Number(number)]).toBe(name)
    expect(cases.map(([, number]) => Number(number))).toEqual(Array.from({ length: FIRST_DSP - 1 }, (_, i) => i + 1))
    expect(FIRST_COLD).toBeGreaterThan(FIRST_DSP)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('survives random bytes as a program, seed %i', (seed) => {
    const rng = createRng(seed)
    const machine = new Machine(BOARDS[0]!)
    const setUp = () => {
      machine.bus.write(0xe000ed88, 4, 0xf00000) // CPACR
      if (seed % 2 === 0) protectAtRandom(machine, rng)
    }
    const image = Uint8Array.from({ length: 64 * 1024 }, () => rng.int(256))
    const view = new DataView(image.buffer)
    for (let exception = 0; exception < 98; exception++) {
      view.setUint32(4 * exception, exception === 0 ? 0x20010000 : FLASH + 0x400 + (rng.int(8192) | 1), true)
    }
    machine.preload(FLASH, image)
    machine.reset()
    setUp()
    for (let slice = 0; slice < 300; slice++) {
      const state = machine.run(1000)
      expect(['running', 'asleep', 'locked-up']).toContain(state)
      if (state === 'asleep') machine.sleep(100_000)
      // A program that died gets another start somewhere else.
      if (state !== 'running') {
        view.setUint32(4, FLASH + 0x400 + (rng.int(32_768) | 1), true)
        machine.preload(FLASH, image)
        machine.reset()
        setUp()
      }
    }
    expect(machine.core.instructions).toBeGreaterThan(300)
  })
})

describe('the ELF reader', () => {
  const elf = (() => {
    const bytes = new Uint8Array(52 + 32 + 16)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, 0x464c457f, true)
    bytes.set([1, 1, 1], 4)
    view.setUint16(16, 2, true)
    view.setUint16(18, 40, true)
    view.setUint32(24, FLASH + 9, true)
    view.setUint32(28, 52, true)
    view.setUint16(42, 32, true)
    view.setUint16(44, 1, true)
    ;[1, 84, FLASH, FLASH, 16, 16, 5, 4].forEach((word, index) => view.setUint32(52 + 4 * index, word, true))
    return bytes
  })()

  it('reads what it should', () => {
    const { entry, segments } = readElf(elf)
    expect(entry).toBe(FLASH + 9)
    expect(segments).toEqual([{ address: FLASH, runAddress: FLASH, memorySize: 16, bytes: new Uint8Array(16) }])
  })

  it('refuses anything damaged with ELF_INVALID and nothing else', () => {
    const damage = fc.array(fc.tuple(fc.nat(elf.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, fc.nat(elf.length), (changes, length) => {
        const damaged = elf.slice(0, changes.length % 2 ? elf.length : length)
        for (const [at, byte] of changes) damaged[at] = byte
        try {
          for (const { bytes, memorySize } of readElf(damaged).segments) {
            expect(bytes.length).toBeLessThanOrEqual(memorySize)
          }
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'ELF_INVALID' })
        }
      }),
      { seed: 6, numRuns: 3000 },
    )
  })

  it.each([0, 10, 51, 60, 99])('refuses a file cut to %i bytes', (length) => {
    expect(() => readElf(elf.slice(0, length))).toThrow(expect.objectContaining({ code: 'ELF_INVALID' }))
  })
})
