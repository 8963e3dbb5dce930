// Builds an exported project for the chip, as its user would, with a program that runs it on given inputs.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TensorData } from '../../src-main/ir/graph.ts'
import type { Program, TestCore, Workbench } from '../emulator/toolchain.ts'
import { programSources, type ExportedModel } from './exported-model.ts'

/** Runs a command that has to end well. Throws what it said otherwise. */
export function succeed(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
}

/** The project's own way: CMake with its toolchain file. */
function buildLibrary({ folder, project }: ExportedModel): string {
  const build = join(folder, 'build')
  const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${join(folder, 'cmake/arm-none-eabi.cmake')}`
  succeed('cmake', ['-S', folder, '-B', build, toolchain], { CFLAGS: '-Wall -Wextra -Werror' })
  succeed('cmake', ['--build', build])
  return join(build, `lib${project.name}.a`)
}

/** A program that prints the outputs for each set of inputs. */
export async function buildChipProgram(
  bench: Workbench,
  exported: ExportedModel,
  sets: readonly TensorData[][],
  core: TestCore,
): Promise<Program> {
  const library = buildLibrary(exported)
  const flags = ['-std=c11', '-nostartfiles', `-I${join(exported.folder, 'include')}`, ...exported.defines]
  const sources = programSources(sets, exported.folder, 'chip-io.c')
  const name = `${exported.project.name}-${core.cpu}-${sets.length}`
  return bench.build(name, [...sources, library], { core, flags })
}
