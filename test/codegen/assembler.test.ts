import { describe, expect, test } from 'vitest'
import { createAssembler, type Assembler } from '../../src-main/codegen/assembler.ts'
import { printListing } from '../../src-main/codegen/layout.ts'
import { assembleWithGnu, firstDifference, hex } from './gnu-as.ts'

const emitted = (emit: (k: Assembler) => void) => {
  const k = createAssembler()
  emit(k)
  return k.assemble()
}

test('constants come as GNU as brings them for `ldr r, =value`, each literal once', async () => {
  const values = [
    0, 1, 255, 256, 0xff00, 0x12345678, 0xffffffff, -2, 0x00ab00ab, 0x8000_0000, 4097, 65535, 65536, 99999,
  ]
  const again = [...values, ...values]
  const assembled = emitted((k) => {
    for (const value of again) k.constant('r9', value)
    for (const value of again) k.constant('r4', value)
  })
  const lines = ['r9', 'r4'].flatMap((register) => again.map((value) => `ldr ${register}, =${value}`))
  expect(hex(assembled.bytes)).toBe(hex(await assembleWithGnu([...lines, '.ltorg'], 'cortex-m4')))
})

test('a pool in the middle starts afresh', () => {
  const { labels, bytes } = emitted((k) => {
    k.constant('r0', 0x12345678)
    k.bx('lr')
    k.pool()
    k.constant('r0', 0x12345678)
    k.bx('lr')
  })
  expect([...labels.values()]).toEqual([4, 12])
  expect(bytes).toHaveLength(16)
})

test('a loop of one round is its body', () => {
  expect(emitted((k) => k.loop(1, 'r0', () => k.nop())).lines.map(({ text }) => text)).toEqual(['nop'])
  const { lines } = emitted((k) => k.loop(300, 'r0', () => k.nop()))
  expect(lines.map(({ text }) => text)).toEqual(['mov r0, #300', 'loop:', 'nop', 'subs r0, r0, #1', 'bne loop'])
})

test('a listing shows addresses, bytes, text and remarks, and can be assembled again', async () => {
  const assembled = emitted((k) => {
    const r = k.registers({ input: 'r0', word: 'r4', sum: 'r10' })
    k.comment('four values at a time')
    const top = k.here('top')
    k.ldr(r.word, r.input, { post: 4 })
    k.comment('the lower two')
    k.smlad(r.sum, r.word, 'r6', r.sum)
    k.it(
      'gt',
      () => k.add('r1', 'r1', 1),
      () => k.mov('r1', 0),
    )
    k.bgt(top)
    k.constant('r3', 0xdeadbeef)
    k.bx('lr')
  })
  expect(await firstDifference(assembled, 'cortex-m4')).toBeUndefined()
  const text = printListing(assembled.lines)
  expect(text.split('\n').slice(0, 6)).toEqual([
    `${'000000                    top:'.padEnd(72)} @ r0 input, r4 word, r10 sum; four values at a time`,
    '000000  50f8044b              ldr r4, [r0], #4',
    `${'000004  24fb06aa              smlad r10, r4, r6, r10'.padEnd(72)} @ the lower two`,
    '000008  ccbf                  ite gt',
    '00000a  0131                  addgt r1, r1, #1',
    '00000c  0021                  movle r1, #0',
  ])
  expect(text).toContain('.word 3735928559')
})

describe('faults of an emitter are named', () => {
  const cases: [string, string, (k: Assembler) => void][] = [
    ['an offset out of range', 'no encoding of ldrd r0, r1, r2, 1024', (k) => k.ldrd('r0', 'r1', 'r2', 1024)],
    ['a constant that no encoding holds', 'no encoding of and r0, r1, 65538', (k) => k.and('r0', 'r1', 65538)],
    ['a register that is not allowed', 'no encoding of smlad sp, r0, r1, r2', (k) => k.smlad('sp', 'r0', 'r1', 'r2')],
    ['an operand too many', 'no encoding of clz r0, r1, r2', (k) => k.clz('r0', 'r1', 'r2')],
    ['saturation to 33 bits', 'no encoding of ssat r0, 33, r1', (k) => k.ssat('r0', 33, 'r1')],
    ['a bit field that is too wide', 'no encoding of ubfx r0, r1, 20, 13', (k) => k.ubfx('r0', 'r1', 20, 13)],
    ['a list with the base in it', 'no encoding of ldm r0!', (k) => k.ldm('r0!', ['r0', 'r1'])],
    ['a double register in a list', 'no encoding of push', (k) => k.push(['r4', 'r4'])],
    ['a branch in an IT block', 'no encoding of beq top in an IT', (k) => k.it('eq', () => k.beq({ name: 'top' }))],
    [
      'an IT block of five',
      'an IT block of 5 instructions',
      (k) => k.it('eq', () => [1, 2, 3, 4, 5].map(() => k.nop())),
    ],
    ['data in an IT block', 'data in an IT block', (k) => k.it('eq', () => k.word(1))],
    ['a label in an IT block', 'label a in an IT block', (k) => k.it('eq', () => void k.here('a'))],
    ['a label without a place', 'label end was never placed', (k) => k.b(k.label('end'))],
    ['registers that share', 'b and a share r0', (k) => void k.registers({ a: 'r0', b: 'r0' })],
    ['a loop of none', 'a loop of 0 rounds', (k) => k.loop(0, 'r0', () => {})],
    [
      'a label placed twice',
      'label a has a place already',
      (k) => {
        const a = k.here('a')
        k.place(a)
      },
    ],
    [
      'CBZ backward',
      'bytes away, which no encoding reaches',
      (k) => {
        const a = k.here('a')
        k.cbz('r0', a)
      },
    ],
  ]
  test.each(cases)('%s', (_, message, emit) => {
    expect(() => emitted(emit)).toThrow(message)
    expect(() => emitted(emit)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})
