// GNU as, the independent reference of the assembler: it is given the listing's text, and its bytes are compared.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Assembled } from '../../src-main/codegen/layout.ts'

const run = promisify(execFile)

/** The bytes of `.text` of a source in unified syntax. */
export async function assembleWithGnu(lines: readonly string[], cpu: string): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'thimble-codegen-'))
  try {
    const [source, object, binary] = ['code.s', 'code.o', 'code.bin'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(source, ['.syntax unified', '.thumb', '.text', ...lines].join('\n') + '\n')
    await run('arm-none-eabi-as', [`-mcpu=${cpu}`, '-mfpu=fpv4-sp-d16', source, '-o', object])
    await run('arm-none-eabi-objcopy', ['-O', 'binary', '-j', '.text', object, binary])
    return new Uint8Array(await readFile(binary))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The first line whose bytes GNU as makes differently, or undefined. */
export async function firstDifference(assembled: Assembled, cpu: string): Promise<string | undefined> {
  const gnu = await assembleWithGnu(
    assembled.lines.map((line) => line.text),
    cpu,
  )
  for (const { address, bytes, text } of assembled.lines) {
    const theirs = gnu.subarray(address, address + bytes.length)
    if (hex(theirs) !== hex(bytes)) return `${text}: ${hex(bytes)}, GNU as makes ${hex(theirs)}`
  }
  return gnu.length === assembled.bytes.length ? undefined : `${assembled.bytes.length} bytes, GNU as ${gnu.length}`
}
