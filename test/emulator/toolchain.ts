// Builds the tests' programs with the Arm compiler and runs them in QEMU, the independent reference.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Tests and benchmarks run from the top of the checkout. */
const PROGRAMS = join(process.cwd(), 'test/emulator/programs')
export interface TestCore {
  /** as the compiler calls it */
  cpu: string
  fpu: string
  /** QEMU's machine with such a core, and where programs for it are linked to */
  machine: string
  linkerScript: string
}

export const M4: TestCore = {
  cpu: 'cortex-m4',
  fpu: 'fpv4-sp-d16',
  machine: 'netduinoplus2',
  linkerScript: 'flash.ld',
}
/** QEMU's has double precision, and single-precision programs run on it just the same. */
export const M7_SINGLE: TestCore = {
  cpu: 'cortex-m7',
  fpu: 'fpv5-sp-d16',
  machine: 'mps2-an500',
  linkerScript: 'ram.ld',
}

export const M7_DOUBLE: TestCore = { ...M7_SINGLE, fpu: 'fpv5-d16' }

const compilerFlags = ({ cpu, fpu }: TestCore) => [`-mcpu=${cpu}`, '-mthumb', `-mfpu=${fpu}`, '-mfloat-abi=hard']

export interface Program {
  path: string
  bytes: Uint8Array
}

export interface BuildOptions {
  core?: TestCore
  /** -O0, -O2 … */
  optimise?: string
  /** a name in programs/ or an absolute path */
  linkerScript?: string
  /** newlib with semihosting; without it the program brings its own vectors */
  library?: boolean
  flags?: readonly string[]
}

export class Workbench {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), 'thimble-emulator-')))
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }

  /** Sources are names in programs/ or absolute paths. */
  async build(name: string, sources: readonly string[], options: BuildOptions = {}): Promise<Program> {
    const { core = M4, optimise = '-O2', library = true, linkerScript = core.linkerScript, flags = [] } = options
    const path = join(this.directory, `${name}.elf`)
    const files = sources.map((source) => (source.startsWith('/') ? source : join(PROGRAMS, source)))
    const libraryFlags = library ? ['--specs=rdimon.specs', join(PROGRAMS, 'startup.s')] : ['-nostdlib']
    await run('arm-none-eabi-gcc', [
      ...compilerFlags(core),
      optimise,
      ...flags,
      ...libraryFlags,
      '-T',
      resolve(PROGRAMS, linkerScript),
      '-Wl,--no-warn-rwx-segments',
      ...files,
      '-o',
      path,
      ...(library ? ['-lm'] : []),
    ])
    return { path, bytes: new Uint8Array(await readFile(path)) }
  }
}

export interface QemuResult {
  stdout: string
  exitCode: number
}

export async function runQemu(path: string, machine = M4.machine): Promise<QemuResult> {
  const args = ['-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none']
  args.push('-semihosting-config', 'enable=on,target=native', '-kernel', path)
  try {
    const { stdout } = await run('qemu-system-arm', args, { timeout: 60_000, maxBuffer: 64 << 20 })
    return { stdout, exitCode: 0 }
  } catch (thrown) {
    const failed = thrown as { code?: unknown; stdout?: string }
    if (typeof failed.code !== 'number' || failed.stdout === undefined) throw thrown
    return { stdout: failed.stdout, exitCode: failed.code }
  }
}

/** As runQemu, of a program that writes bytes and exits well. */
export async function runQemuForBytes(path: string, machine: string): Promise<Uint8Array> {
  const args = ['-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none']
  args.push('-semihosting-config', 'enable=on,target=native', '-kernel', path)
  const { stdout } = await run('qemu-system-arm', args, { timeout: 120_000, maxBuffer: 256 << 20, encoding: 'buffer' })
  return stdout
}

/** Instructions that QEMU executes from reset to exit: its log has a line for each when blocks are one long. */
export async function countInstructions(path: string, machine = M4.machine): Promise<number> {
  const args = ['-M', machine, '-nographic', '-monitor', 'none', '-serial', 'none', '-singlestep', '-d', 'exec,nochain']
  args.push('-semihosting-config', 'enable=on,target=native', '-kernel', path)
  const qemu = spawn('qemu-system-arm', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(qemu, 'close')
  let count = 0
  for await (const line of createInterface(qemu.stderr)) if (line.startsWith('Trace')) count++
  const [code] = await ended
  if (code !== 0) throw new Error(`QEMU ended with ${String(code)} after ${count} instructions.`)
  return count
}

/** Assembles a source text to the bytes it stands for, linked to start at the flash's first address. */
export async function assemble(bench: Workbench, name: string, source: string): Promise<Uint8Array> {
  const text = join(bench.directory, `${name}.s`)
  const elf = join(bench.directory, `${name}.elf`)
  const binary = join(bench.directory, `${name}.bin`)
  await writeFile(text, `.syntax unified\n.cpu cortex-m4\n.fpu fpv4-sp-d16\n.thumb\n.text\n${source}\n`)
  await run('arm-none-eabi-gcc', [
    ...compilerFlags(M4),
    '-nostdlib',
    '-Wl,-Ttext=0x08000000',
    '-Wl,-e0',
    text,
    '-o',
    elf,
  ])
  await run('arm-none-eabi-objcopy', ['-O', 'binary', '-j', '.text', elf, binary])
  return new Uint8Array(await readFile(binary))
}
