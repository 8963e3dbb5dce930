// docs/faults.md against the table of faults and the table of error codes.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src-main/base/error-codes.ts'
import { FAULTS } from './fault-table.ts'

const rows = readFileSync('docs/faults.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Z_]+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, code, fault, advice]) => ({ code: code!, fault: fault!, advice: advice! }))

test('the page has every fault of the table, with its code', () => {
  const told = rows.map(({ code, fault }) => `${code}: ${fault}`)
  for (const { code, fault } of FAULTS) expect(told).toContain(`${code}: ${fault}`)
})

test('every code on the page exists, and every row says what to do', () => {
  expect(rows.length).toBeGreaterThan(FAULTS.length)
  for (const { code, fault, advice } of rows) {
    expect(Object.keys(ERROR_CODES), fault).toContain(code)
    expect(advice, fault).toMatch(/^[A-Z].{7,}\.$/)
  }
})

test('every code of probes, targets and serial lines is on the page', () => {
  const told = new Set(rows.map(({ code }) => code))
  const about = Object.keys(ERROR_CODES).filter(
    (code) => /^(PROBE|TARGET|SERIAL)_/.test(code) && code !== 'TARGET_FAULT',
  )
  expect(about.filter((code) => !told.has(code))).toEqual([])
})
