import { expect, it } from 'vitest'
import { formatPairs, formatTable, shortName } from '../../src-main/cli/table.ts'

it('puts text left, numbers right', () => {
  expect(
    formatTable(
      ['op', 'cycles'],
      [
        ['CONV_2D', '1,204'],
        ['ADD', '–'],
      ],
    ),
  ).toBe(['op       cycles', '───────  ──────', 'CONV_2D   1,204', 'ADD           –'].join('\n'))
})

it('leaves out pairs without a value', () => {
  expect(
    formatPairs([
      ['board', 'virtual'],
      ['AUC', null],
      ['p50', '1 ms'],
    ]),
  ).toBe('board  virtual\np50    1 ms')
})

it.each([
  ['dense/BiasAdd', 'dense/BiasAdd'],
  ['relu;conv/BiasAdd;conv', 'relu'],
  ['a'.repeat(50), `…${'a'.repeat(39)}`],
])('shortens %s', (name, short) => {
  expect(shortName(name)).toBe(short)
})
