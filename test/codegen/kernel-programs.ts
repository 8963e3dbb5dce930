// Programs that hold generated kernels with their data, for other emulators of the same cores.

import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Program, TestCore, Workbench } from '../emulator/toolchain.ts'
import type { EmittedCase } from './emitted-ops.ts'

const RUNNER = resolve('test/codegen/programs/run-kernels.c')

/** An ELF that runs all cases and writes a line of hexadecimal digits for each. */
export async function buildKernels(
  bench: Workbench,
  name: string,
  cases: readonly EmittedCase[],
  core: TestCore,
): Promise<Program> {
  const lines: string[] = []
  const addressOf = (bytes: Uint8Array | undefined, label: string, isCode: boolean): string => {
    if (bytes === undefined || bytes.length === 0) return '0'
    lines.push('.balign 16', ...(isCode ? ['.thumb_func', `.type ${label}, %function`] : []), `${label}:`)
    for (let i = 0; i < bytes.length; i += 32) lines.push(`.byte ${bytes.subarray(i, i + 32).join(', ')}`)
    return label
  }
  const bytesOf = (values: Int8Array | undefined) =>
    values && new Uint8Array(values.buffer, values.byteOffset, values.length)
  const words = cases.map(({ emitted, inputs, expected }, i) => {
    const { kernel } = emitted
    const [input, second] = inputs.map(bytesOf)
    return [
      addressOf(kernel.code.bytes, `kernel_${i}`, true),
      addressOf(kernel.constants, `constants_${i}`, false),
      addressOf(input, `input_${i}`, false),
      addressOf(second, `second_${i}`, false),
      second?.length ?? 0,
      Math.max(kernel.scratchBytes, second?.length ?? 0),
      expected.length,
    ]
  })
  const memory = Math.max(...words.map((row) => Number(row[5]) + Number(row[6]) + 16))
  const source = join(bench.directory, `${name}.s`)
  await writeFile(
    source,
    [
      ...['.syntax unified', '.thumb', '.text', ...lines, '.balign 4', '.global cases, case_count', 'cases:'],
      ...words.map((row) => `.word ${row.join(', ')}`),
      ...[`case_count: .word ${cases.length}`, '.bss', '.balign 16', '.global memory', `memory: .space ${memory}`, ''],
    ].join('\n'),
  )
  return bench.build(name, [RUNNER, source], { core, library: false, flags: ['-ffreestanding'] })
}

export const hexLines = (cases: readonly EmittedCase[]) =>
  cases
    .map(({ expected }) => `${Buffer.from(expected.buffer, expected.byteOffset, expected.length).toString('hex')}\n`)
    .join('')
