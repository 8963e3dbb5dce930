// The C of an exported project, built for this machine without a warning: every op, several tensors, floats.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import type { RandomCase } from '../firmware/random-graph.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { RANDOM_OPS } from '../firmware/random-ops.ts'
import { expectedLines, exportGraph, programSources } from './exported-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'thimble-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Wundef', '-Wmissing-prototypes', '-Werror']
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']

function runOnHost(name: string, { graph, inputs }: RandomCase) {
  const project = exportGraph(graph, join(folder, name), { kernels: 'plain' })
  const program = join(folder, `${name}.elf`)
  const includes = ['include', 'src', 'runtime'].map((path) => `-I${join(project.folder, path)}`)
  const sources = [...programSources([inputs], project.folder, 'host-io.c'), ...project.sources]
  const flags = ['-std=c11', '-O1', ...WARNINGS, ...SANITIZERS]
  const built = spawnSync('gcc', [...flags, ...project.defines, ...includes, ...sources, '-o', program, '-lm'])
  expect(built.stderr.toString()).toBe('')
  const { stdout, stderr, status } = spawnSync(program, { encoding: 'utf8' })
  expect({ stdout, stderr, status }).toEqual({ stdout: expectedLines(graph, [inputs]), stderr: '', status: 0 })
}

const CASES: [string, (rng: Rng) => RandomCase][] = [
  ...Object.entries(RANDOM_OPS),
  ['NETWORK', randomNetwork],
  ['NETWORK_2', randomNetwork],
]

describe('a project without generated kernels gives the bytes of the interpreter', () => {
  test.each(CASES)('%s', (name, make) => {
    runOnHost(name, make(createRng(77).fork(name)))
  })
})
