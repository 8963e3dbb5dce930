// Builds the tests' programs with the Arm compiler and runs them in QEMU, the independent reference.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Tests and benchmarks run from the top of the checkout. */
const PROGRAMS = join(process.cwd(), 'test/emulator/programs')
const MACHINE = ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard']

export interface Program {
  path: string
  bytes: Uint8Array
}

export interface BuildOptions {
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
    const { optimise = '-O2', library = true, linkerScript = 'flash.ld', flags = [] } = options
    const path = join(this.directory, `${name}.elf`)
    const files = sources.map((source) => (source.startsWith('/') ? source : join(PROGRAMS, source)))
    const libraryFlags = library ? ['--specs=rdimon.specs', join(PROGRAMS, 'startup.s')] : ['-nostdlib']
    await run('arm-none-eabi-gcc', [
      ...MACHINE,
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

export async function runQemu(path: string, machine = 'netduinoplus2'): Promise<QemuResult> {
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
export async function runQemuForBytes(path: string): Promise<Uint8Array> {
  const args = ['-M', 'netduinoplus2', '-nographic', '-monitor', 'none', '-serial', 'none']
  args.push('-semihosting-config', 'enable=on,target=native', '-kernel', path)
  const { stdout } = await run('qemu-system-arm', args, { timeout: 120_000, maxBuffer: 256 << 20, encoding: 'buffer' })
  return stdout
}

/** Instructions that QEMU executes from reset to exit: its log has a line for each when blocks are one long. */
export async function countInstructions(path: string, directory: string): Promise<number> {
  const log = join(directory, 'executed.log')
  const args = ['-M', 'netduinoplus2', '-nographic', '-monitor', 'none', '-serial', 'none', '-singlestep']
  args.push('-d', 'exec,nochain', '-D', log, '-semihosting-config', 'enable=on,target=native', '-kernel', path)
  await run('qemu-system-arm', args, { timeout: 60_000 })
  const text = await readFile(log, 'utf8')
  return text.split('\n').filter((line) => line.startsWith('Trace')).length
}

/** Assembles a source text to the bytes it stands for, linked to start at the flash's first address. */
export async function assemble(bench: Workbench, name: string, source: string): Promise<Uint8Array> {
  const text = join(bench.directory, `${name}.s`)
  const elf = join(bench.directory, `${name}.elf`)
  const binary = join(bench.directory, `${name}.bin`)
  await writeFile(text, `.syntax unified\n.cpu cortex-m4\n.fpu fpv4-sp-d16\n.thumb\n.text\n${source}\n`)
  await run('arm-none-eabi-gcc', [...MACHINE, '-nostdlib', '-Wl,-Ttext=0x08000000', '-Wl,-e0', text, '-o', elf])
  await run('arm-none-eabi-objcopy', ['-O', 'binary', '-j', '.text', elf, binary])
  return new Uint8Array(await readFile(binary))
}
