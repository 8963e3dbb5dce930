// Builds the firmware's runtime and kernels for this machine, with the sanitizers on, and runs cases on them.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src-main/base/hash.ts'

const FIRMWARE = 'firmware'
/** The programs that are made of it, and their sources. */
const PROGRAMS = {
  tm_host: ['src/kernels', 'src/runtime', 'host'],
  tm_serial_host: ['src/kernels', 'src/runtime', 'src/protocol', 'host-serial'],
}
/** The debug probe's rings need a chip's memory barrier. */
const ON_CHIPS_ALONE = 'tm_rtt.c'
const FLAGS = [
  '-std=c11',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wconversion',
  '-Wshadow',
  '-Wcast-qual',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  ...['include', 'src/kernels', 'src/runtime', 'src/protocol'].map((folder) => `-I${join(FIRMWARE, folder)}`),
]

/** Path of the program; built once for each state of the sources. */
function buildHostFirmware(name: keyof typeof PROGRAMS): string {
  const folders = [...PROGRAMS[name], 'include'].map((folder) => join(FIRMWARE, folder))
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((file) => join(folder, file)),
  )
  const state = sha256(JSON.stringify([FLAGS, files.map((file) => readFileSync(file, 'utf8'))])).slice(0, 16)
  const folder = join('.cache', 'firmware-host')
  const program = join(folder, `${name}-${state}`)
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const sources = files.filter((file) => file.endsWith('.c') && !file.endsWith(ON_CHIPS_ALONE))
  const building = `${program}.${process.pid}`
  execFileSync('gcc', [...FLAGS, ...sources, '-o', building], { stdio: 'inherit' })
  renameSync(building, program)
  return program
}

export interface HostCase {
  blob: Uint8Array
  arenaBytes: number
  /** one entry a run; all of one length */
  inputs: readonly Uint8Array[]
  /** record what every op wrote */
  withOps?: boolean
  /** bytes that the blob is moved from its alignment */
  misalignBy?: number
  /** [first, end) instead of all ops */
  ops?: readonly [number, number]
}

export interface HostResult {
  status: string
  failedOp: number
  /** one entry a run: the model's outputs, then each op's output */
  runs: Uint8Array[][]
  runStatuses: string[]
}

/** Runs the cases in one process. A sanitizer's report fails the call with its text. */
export function runHostFirmware(cases: readonly HostCase[]): HostResult[] {
  const program = buildHostFirmware('tm_host')
  mkdirSync('.cache', { recursive: true })
  const folder = mkdtempSync(join('.cache', 'firmware-cases-'))
  try {
    const file = join(folder, 'cases')
    writeFileSync(file, Buffer.concat(cases.flatMap(caseBytes)))
    const { status, stdout, stderr } = spawnSync(program, [file], { maxBuffer: 2 ** 30 })
    if (status !== 0) throw new Error(`The host firmware failed (${status}):\n${stderr.toString().slice(0, 4000)}`)
    return readResults(stdout, cases.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export interface SerialCase {
  blob: Uint8Array
  arenaBytes: number
  /** what comes on the line, `pieceBytes` at a time */
  arriving: Uint8Array
  pieceBytes?: number
}

/** All that a board sends on its serial line. A sanitizer's report fails the call with its text. */
export function runSerialFirmware({ blob, arenaBytes, arriving, pieceBytes = 64 }: SerialCase): Buffer {
  const program = buildHostFirmware('tm_serial_host')
  const folder = mkdtempSync(join('.cache', 'firmware-cases-'))
  try {
    const file = join(folder, 'case')
    const words = new Uint8Array(Uint32Array.of(blob.length, arenaBytes, pieceBytes).buffer)
    writeFileSync(file, Buffer.concat([words, blob, arriving]))
    const { status, stdout, stderr } = spawnSync(program, [file], { maxBuffer: 2 ** 30 })
    if (status !== 0) throw new Error(`The host firmware failed (${status}):\n${stderr.toString().slice(0, 4000)}`)
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function caseBytes({
  blob,
  arenaBytes,
  inputs,
  withOps,
  misalignBy = 0,
  ops = [0, 0xffffffff],
}: HostCase): Uint8Array[] {
  const words = [blob.length, arenaBytes, inputs[0]?.length ?? 0, inputs.length, withOps ? 1 : 0, misalignBy, ...ops]
  return [new Uint8Array(Uint32Array.from(words).buffer), blob, ...inputs]
}

function readResults(bytes: Buffer, count: number): HostResult[] {
  let at = 0
  const word = () => {
    at += 4
    return bytes.readUInt32LE(at - 4)
  }
  const tensor = () => {
    const length = word()
    at += length
    return new Uint8Array(bytes.subarray(at - length, at))
  }
  const repeat = <T>(times: number, read: () => T) => Array.from({ length: times }, read)
  const name = () => Buffer.from(tensor()).toString()
  return repeat(count, () => {
    const result: HostResult = { status: name(), failedOp: word(), runs: [], runStatuses: [] }
    for (let run = word(); run > 0; run--) {
      result.runStatuses.push(name())
      result.runs.push(repeat(word(), tensor))
    }
    return result
  })
}
