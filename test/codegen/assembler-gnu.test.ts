import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { createAssembler, type Assembler } from '../../src-main/codegen/assembler.ts'
import { candidatesFor, ROWS, type Mnemonic } from '../../src-main/codegen/thumb/instructions.ts'
import { firstDifference } from './gnu-as.ts'
import { sampleOperands } from './sample-operands.ts'

const SAMPLES_OF_A_ROW = 40

const hasLabel = (forms: readonly { kind: string }[]) => forms.some((form) => form.kind === 'label')

/** Every mnemonic that a row answers to. */
const mnemonicsOf = (mnemonic: string, flags: string): Mnemonic[] =>
  (flags === 'fixed' ? [mnemonic] : flags === 'field' ? [mnemonic, `${mnemonic}s`] : [`${mnemonic}s`]) as Mnemonic[]

describe('every row of the instruction tables assembles as GNU as does it', () => {
  test.each(['cortex-m4', 'cortex-m7'])('%s', async (cpu) => {
    const rng = createRng(20240611)
    const k = createAssembler()
    for (const row of ROWS.filter(({ forms }) => !hasLabel(forms)))
      for (const mnemonic of mnemonicsOf(row.mnemonic, row.flags))
        for (let i = 0; i < SAMPLES_OF_A_ROW; i++) k[mnemonic](...sampleOperands(rng, row))
    const assembled = k.assemble()
    expect(assembled.lines.length).toBeGreaterThan(15_000)
    expect(await firstDifference(assembled, cpu)).toBeUndefined()
  })

  test('inside IT blocks', async () => {
    const rng = createRng(20240612)
    const k = createAssembler()
    const allowed = ROWS.filter(
      ({ forms, mnemonic, source }) =>
        !hasLabel(forms) &&
        !['bkpt', 'udf', 'bx', 'blx', 'tbb', 'tbh', 'pop'].includes(mnemonic) &&
        // GNU as refuses these two as `addeq` and `subeq`, and takes them as `addweq` and `subweq`.
        !(['add', 'sub'].includes(mnemonic) && source.endsWith('T4')),
    )
    for (const row of allowed) {
      const mnemonic = row.mnemonic as Mnemonic
      expect(candidatesFor(mnemonic, true).some((candidate) => candidate.row === row)).toBe(true)
      for (let i = 0; i < 8; i++) {
        const emit = () => k[mnemonic](...sampleOperands(rng, row))
        k.it('eq', emit)
        k.it('ne', () => (emit(), emit()), emit)
        k.it('lt', emit, () => (emit(), emit(), emit()))
      }
    }
    expect(await firstDifference(k.assemble(), 'cortex-m4')).toBeUndefined()
  })
})

describe('labels', () => {
  const CONDITIONAL = ['beq', 'bne', 'bcs', 'bcc', 'bmi', 'bpl', 'bvs', 'bvc', 'bhi', 'bls', 'bge', 'blt', 'bgt', 'ble']

  /** Instructions of 2 or 4 bytes, so that distances fall on both sides of every limit. */
  function filler(k: Assembler, count: number, rng: ReturnType<typeof createRng>): void {
    for (let i = 0; i < count; i++)
      if (rng.float() < 0.5) k.nop()
      else k.smlad('r0', 'r1', 'r2', 'r3')
  }

  test('branches are as wide as their distance asks, forward and backward', async () => {
    const rng = createRng(20240613)
    const k = createAssembler()
    const places = Array.from({ length: 60 }, (_, i) => k.label(`place_${i}`))
    for (const place of places) {
      k.place(place)
      for (const other of [0, 5, 10, 20, 30, 59]) {
        const branch = [...CONDITIONAL, 'b', 'bl'][rng.int(16)] as 'b'
        k[branch](places[other])
      }
      filler(k, rng.int(30), rng)
    }
    expect(await firstDifference(k.assemble(), 'cortex-m4')).toBeUndefined()
  })

  test.each([252, 254, 256, 258, 2044, 2046, 2048, 2050, 2052])('a branch over %i bytes', async (distance) => {
    const k = createAssembler()
    const [start, end] = [k.here('start'), k.label('end')]
    k.beq(end)
    k.b(end)
    for (let i = 0; i < distance / 2; i++) k.nop()
    k.b(start)
    k.bne(start)
    k.place(end)
    expect(await firstDifference(k.assemble(), 'cortex-m4')).toBeUndefined()
  })

  test('far branches', async () => {
    const k = createAssembler()
    const [start, end] = [k.here('start'), k.label('end')]
    for (const branch of ['b', 'bl', 'beq', 'bgt'] as const) k[branch](end)
    for (let i = 0; i < 800; i++) k.word(...new Array<number>(250).fill(0xbf00bf00))
    for (const branch of ['b', 'bl', 'bne', 'ble'] as const) k[branch](start)
    k.place(end)
    expect(await firstDifference(k.assemble(), 'cortex-m4')).toBeUndefined()
  })

  test('CBZ, CBNZ, ADR and literal loads', async () => {
    const rng = createRng(20240614)
    const k = createAssembler()
    for (let i = 0; i < 40; i++) {
      const [skip, data] = [k.label('skip'), k.label('data')]
      k.cbz('r3', skip)
      filler(k, rng.int(8), rng)
      k.cbnz('r7', skip)
      filler(k, 1 + rng.int(8), rng)
      k.place(skip)
      k.align(4)
      k.adr('r2', data)
      k.ldr('r5', data)
      k.adr('r9', data)
      k.ldr('r11', data)
      filler(k, rng.int(500), rng)
      k.align(4)
      k.place(data)
      k.word(rng.uint32(), rng.uint32())
      k.ldr('r1', data)
      k.adr('r10', data)
    }
    expect(await firstDifference(k.assemble(), 'cortex-m4')).toBeUndefined()
  })
})
