// Builds the firmware's runtime and kernels with libFuzzer and the sanitizers.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src-main/base/hash.ts'

const FOLDERS = ['src/kernels', 'src/runtime', 'fuzz', 'include'].map((folder) => join('firmware', folder))
const FLAGS = [
  '-std=c11',
  '-O2',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fsanitize=fuzzer,address,undefined',
  '-fno-sanitize-recover=all',
  ...['include', 'src/kernels', 'src/runtime'].map((folder) => `-I${join('firmware', folder)}`),
]

/** Path of the program; built once for each state of the sources. Needs clang. */
export function buildFuzzer(): string {
  const files = FOLDERS.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file))).sort()
  const state = sha256(JSON.stringify([FLAGS, files.map((file) => readFileSync(file, 'utf8'))])).slice(0, 16)
  const folder = join('.cache', 'firmware-host')
  const program = join(folder, `fuzz_blob-${state}`)
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const building = `${program}.${process.pid}`
  const sources = files.filter((file) => file.endsWith('.c'))
  execFileSync('clang', [...FLAGS, ...sources, '-o', building], { stdio: 'inherit' })
  renameSync(building, program)
  return program
}
