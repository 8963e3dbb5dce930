// System packages: which ones, who needs them, and how to see without dpkg whether they are there (so the probe also
// holds on other Linux systems, where the list is printed and nothing is installed).

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { isCi, onTerminal, rootPrefix } from './consent.mjs'
import { SetupError, say } from './report.mjs'

// `scope`: 'app' to run Thimble, 'test' to run its tests and build its firmware, 'deep' for the fuzzer of
// `npm run test:deep`, 'package' to make installers.
// A probe names a command, a shared library or a file; where Debian renamed a package (the 64-bit time_t transition)
// `package` lists the newer name first.
/**
 * @typedef {{ package: string[], scope: 'app' | 'test' | 'deep' | 'package', for: string,
 *   command?: string, library?: string, file?: string }} SystemPackage
 * @type {SystemPackage[]}
 */
export const SYSTEM_PACKAGES = [
  { package: ['libgtk-3-0t64', 'libgtk-3-0'], scope: 'app', for: 'Electron', library: 'libgtk-3.so.0' },
  { package: ['libnss3'], scope: 'app', for: 'Electron', library: 'libnss3.so' },
  { package: ['libasound2t64', 'libasound2'], scope: 'app', for: 'Electron', library: 'libasound.so.2' },
  { package: ['libgbm1'], scope: 'app', for: 'Electron', library: 'libgbm.so.1' },
  { package: ['unzip'], scope: 'app', for: 'unpacking the fallback Electron', command: 'unzip' },
  { package: ['xvfb'], scope: 'test', for: 'window tests without a display', command: 'xvfb-run' },
  { package: ['xauth'], scope: 'test', for: 'window tests without a display', command: 'xauth' },
  { package: ['gcc'], scope: 'test', for: "the firmware's tests on this machine", command: 'gcc' },
  { package: ['libc6-dev'], scope: 'test', for: "the firmware's tests on this machine", file: '/usr/include/stdio.h' },
  { package: ['gcc-arm-none-eabi'], scope: 'test', for: 'building the firmware', command: 'arm-none-eabi-gcc' },
  {
    package: ['libnewlib-arm-none-eabi'],
    scope: 'test',
    for: 'test programs for the emulator',
    file: '/usr/lib/arm-none-eabi/newlib/libc.a',
  },
  { package: ['qemu-system-arm'], scope: 'test', for: 'running the firmware on QEMU', command: 'qemu-system-arm' },
  { package: ['gdb-multiarch'], scope: 'test', for: 'debugging a virtual board', command: 'gdb-multiarch' },
  { package: ['openocd'], scope: 'test', for: 'driving a virtual ST-Link', command: 'openocd' },
  { package: ['cmake'], scope: 'test', for: 'building exported C projects', command: 'cmake' },
  { package: ['make'], scope: 'test', for: 'building exported C projects', command: 'make' },
  { package: ['clang'], scope: 'deep', for: 'fuzzing the reader of packed models', command: 'clang' },
  {
    // It depends on the libraries of whatever version clang is here; they lie in a folder named after that.
    package: ['libclang-rt-dev'],
    scope: 'deep',
    for: 'fuzzing the reader of packed models',
    file: '/usr/share/doc/libclang-rt-dev/copyright',
  },
  { package: ['zip'], scope: 'package', for: 'making the zip', command: 'zip' },
  { package: ['fakeroot'], scope: 'package', for: 'making the deb', command: 'fakeroot' },
  { package: ['dpkg'], scope: 'package', for: 'making the deb', command: 'dpkg-deb' },
]

export function searchPath(env = process.env) {
  return [...(env.PATH ?? '').split(path.delimiter).filter(Boolean), '/usr/sbin', '/sbin']
}

export function libraryPath(arch = process.arch) {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }[arch]
  return [`/usr/lib/${triplet}`, `/lib/${triplet}`, '/usr/lib64', '/lib64', '/usr/lib', '/usr/local/lib']
}

// `exists` is handed in, so a test can describe a machine by its list of files.
/**
 * @param {SystemPackage[]} rows
 * @param {{ commands: string[], libraries: string[] }} places
 * @param {(file: string) => boolean} exists
 */
export function findMissing(rows, { commands, libraries }, exists = existsSync) {
  return rows.filter((row) => {
    if (row.command) return !commands.some((directory) => exists(path.join(directory, row.command)))
    if (row.library) return !libraries.some((directory) => exists(path.join(directory, row.library)))
    return !exists(row.file)
  })
}

export function missingPackages(scopes) {
  const rows = SYSTEM_PACKAGES.filter((row) => scopes.includes(row.scope))
  return findMissing(rows, { commands: searchPath(), libraries: libraryPath() })
}

// Only where apt-get can install what is missing does a missing package stop the set-up.
export function systemIsReady(scopes) {
  return process.platform !== 'linux' || !isDebian() || missingPackages(scopes).length === 0
}

function isDebian() {
  return hasCommand('apt-get')
}

export function describe(missing) {
  return missing.map((row) => `  ${row.package.at(-1)}: ${row.for}`).join('\n')
}

export function installSystemPackages(scopes) {
  if (process.platform !== 'linux') return
  const missing = missingPackages(scopes)
  if (missing.length === 0) return

  say(`Missing system packages:\n${describe(missing)}`)
  if (!isDebian()) {
    say("This is not a Debian system: install these, by its own packages' names, if something below fails.")
    return
  }
  aptInstall(missing)
  const still = missingPackages(scopes)
  if (still.length > 0)
    throw new SetupError(
      `apt-get said it succeeded, but these are still missing:\n${describe(still)}`,
      'Report this with the name and version of your system.',
    )
}

function aptInstall(missing) {
  const prefix = rootPrefix({
    env: process.env,
    terminal: onTerminal(),
    uid: process.getuid(),
    hasSudo: hasCommand('sudo'),
  })
  const plainNames = missing.map((row) => row.package.at(-1))
  const byHand = `sudo apt-get install --no-install-recommends ${plainNames.join(' ')}`
  if (prefix === null) throw new SetupError('Installing them needs root, and there is no sudo here.', `Run: ${byHand}`)

  say(prefix.length > 0 ? 'Installing them with sudo…' : 'Installing them…')
  aptGet(prefix, ['update'], byHand)
  const names = missing.map((row) => row.package.find(aptKnows) ?? row.package.at(-1))
  aptGet(prefix, ['install', '-y', '--no-install-recommends', ...names], byHand)
}

function aptGet(prefix, args, byHand) {
  const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args]
  // What apt-get prints goes to stderr: stdout may belong to `thimble --json`.
  const { status } = spawnSync(command, rest, { stdio: [isCi(process.env) ? 'ignore' : 'inherit', 2, 2] })
  if (status !== 0) throw new SetupError(`apt-get ${args[0]} failed; it said why above.`, `Run yourself: ${byHand}`)
}

function aptKnows(name) {
  return spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0
}

function hasCommand(command) {
  return searchPath().some((directory) => existsSync(path.join(directory, command)))
}
