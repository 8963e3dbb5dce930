import { expect, test } from 'vitest'
import {
  describe as describeRows,
  findMissing,
  libraryPath,
  SYSTEM_PACKAGES,
} from '../../scripts/setup/debian-packages.mjs'

const places = { commands: ['/usr/local/bin', '/usr/bin'], libraries: ['/usr/lib/x86_64-linux-gnu', '/usr/lib64'] }
const missingOn = (files: string[]) =>
  findMissing(SYSTEM_PACKAGES, places, (file: string) => files.includes(file)).map((row) => row.package.at(-1))

const everything = SYSTEM_PACKAGES.map((row) => {
  if (row.command) return `/usr/bin/${row.command}`
  if (row.library) return `/usr/lib/x86_64-linux-gnu/${row.library}`
  return row.file!
})

test('a bare machine lacks every package, a complete one none', () => {
  expect(missingOn([])).toEqual(SYSTEM_PACKAGES.map((row) => row.package.at(-1)))
  expect(missingOn(everything)).toEqual([])
})

test('each row is found by its own probe and by no other', () => {
  for (const [index, row] of SYSTEM_PACKAGES.entries()) {
    const others = everything.filter((_, other) => other !== index)
    expect(missingOn(others)).toEqual([row.package.at(-1)])
  }
})

test('a library in the place of other Linux systems counts, a command in a library folder does not', () => {
  const moved = everything.map((file) => file.replace('/usr/lib/x86_64-linux-gnu/libnss3', '/usr/lib64/libnss3'))
  expect(missingOn(moved)).toEqual([])
  expect(missingOn(everything.map((file) => file.replace('/usr/bin/openocd', '/usr/lib64/openocd')))).toEqual([
    'openocd',
  ])
})

test('every row names one probe, a use, and a scope that the set-up asks for', () => {
  for (const row of SYSTEM_PACKAGES) {
    expect([row.command, row.library, row.file].filter(Boolean)).toHaveLength(1)
    expect(['app', 'test', 'deep', 'package']).toContain(row.scope)
    expect(describeRows([row])).toBe(`  ${row.package.at(-1)}: ${row.for}`)
  }
})

test("Debian's multi-architecture folder comes first", () => {
  expect(libraryPath('x64')[0]).toBe('/usr/lib/x86_64-linux-gnu')
  expect(libraryPath('arm64')[0]).toBe('/usr/lib/aarch64-linux-gnu')
})
