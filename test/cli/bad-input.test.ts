// Bad input gets a clear error with what to do next, and loses nothing.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtinCode } from '../../src-main/formats/tflite/builtin-ops.ts'
import { BOARD } from '../jobs/job.ts'
import { smallFloatGraph, smallInt8Graph, writeModel } from '../jobs/small-model.ts'
import { rawTflite } from '../support/raw-tflite.ts'
import { thimble, thimbleError, thimbleJson } from './command-line.ts'

let folder: string
let store: string
let good: string
const write = (name: string, data: Uint8Array) => {
  const file = join(folder, name)
  writeFileSync(file, data)
  return file
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-cli-'))
  store = join(folder, 'store')
  good = writeModel(folder, 'good.tflite', await smallInt8Graph())
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a model file', () => {
  it.each([
    ['cut short', (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => new Uint8Array(0)],
    ['full of noise', (bytes: Uint8Array) => bytes.map((byte, i) => (i > 8 ? (i * 31) & 0xff : byte))],
  ])('that is %s is refused by every command, and makes no run', async (name, damage) => {
    const file = write(`${name}.tflite`, damage(new Uint8Array(readFileSync(good))))
    for (const argv of [['inspect'], ['plan', '--board', BOARD], ['flash', '--board', BOARD], ['run']]) {
      const error = await thimbleError([argv[0]!, file, ...argv.slice(1)], store)
      expect(['MODEL_CORRUPT', 'MODEL_INVALID']).toContain(error.code)
      expect(error.hint.length).toBeGreaterThan(10)
    }
    expect(await thimbleJson(['runs', 'list'], store)).toMatchObject({ total: 0 })
  })

  it('with unsupported ops is refused naming all of them, before anything is flashed', async () => {
    const names = ['ELU', 'GELU', 'CUMSUM']
    const file = write(
      'ops.tflite',
      rawTflite({
        codes: names.map((name) => ({ builtin: builtinCode(name) })),
        operators: names.map((_, code) => ({ code, inputs: [code], outputs: [code + 1] })),
        tensors: Array.from({ length: 4 }, () => ({ shape: [1, 4], type: 9, scale: 0.5 })),
        inputs: [0],
        outputs: [3],
      }),
    )
    const { code, stdout, stderr } = await thimble(['flash', file, '--board', BOARD, '--json'], store)
    expect(code).toBe(1)
    expect(stdout).toContain('MODEL_OPS_UNSUPPORTED')
    for (const name of names) expect(stdout).toContain(name)
    expect(stderr).not.toContain('write')
  })

  it('that is too large is refused by how much, with the largest tensors', async () => {
    const file = writeModel(folder, 'large.tflite', await smallInt8Graph(70_000))
    const error = await thimbleError(['plan', file, '--board', BOARD], store)
    expect(error.code).toBe('MODEL_TOO_LARGE')
    expect(error.message).toMatch(/[\d.]+ KB more than the budget of 512.0 KB/)
    expect(error.message).toContain('dense_1/weights')
    const { over } = error.context!['flash'] as { over: number }
    expect(over).toBeGreaterThan(0)
  })

  it('of float values is refused by the board, which says how to go on', async () => {
    const file = writeModel(folder, 'float.tflite', smallFloatGraph())
    const error = await thimbleError(['flash', file, '--board', BOARD], store)
    expect(error.code).toBe('MODEL_DTYPE_UNSUPPORTED')
    expect(error.hint).toContain('thimble compress')
  })

  it('of another format, or none at all', async () => {
    expect((await thimbleError(['inspect', write('x.bin', Uint8Array.of(1, 2, 3))], store)).code).toBe(
      'MODEL_FORMAT_UNKNOWN',
    )
    expect((await thimbleError(['inspect', join(folder, 'nowhere.tflite')], store)).code).toBe('FILE_NOT_FOUND')
    expect((await thimbleError(['inspect', folder], store)).code).toBe('FILE_UNREADABLE')
  })
})

describe('an input', () => {
  it.each([
    ['too short', 639, []],
    ['too long', 641, []],
    ['of bytes where floats were announced', 640, ['--input-float']],
  ])('%s is refused with both sizes', async (_, length, flags) => {
    const raw = write('input.raw', new Uint8Array(length))
    const error = await thimbleError(['infer', good, '--board', BOARD, '--input', raw, ...flags], store)
    expect(error).toMatchObject({
      code: 'INPUT_SIZE_WRONG',
      context: { expected_bytes: flags.length > 0 ? 2560 : 640, given_bytes: length },
    })
    expect(error.message).toContain(String(length))
  })
})

describe('a command line', () => {
  it.each([
    [['fly'], 'There is no command fly'],
    [[], 'No command given'],
    [['inspect'], '<file>'],
    [['inspect', 'a', 'b'], 'does not take b'],
    [['plan', 'x.tflite'], '--board is missing'],
    [['plan', 'x.tflite', '--board'], '--board'],
    [['boards', '--loud'], '--loud'],
    [['run', '--task', 'ad', '--seed', 'one'], '--seed'],
    [['run', '--task', 'vww'], '--task'],
    [['run', '--task', 'ad', 'file.tflite'], 'either'],
    [['runs', 'dance'], 'dance'],
    [['runs', 'show', 'first'], 'first'],
  ])('thimble %j says what is wrong', async (argv, part) => {
    const error = await thimbleError(argv, store)
    expect(error.code).toBe('USAGE')
    expect(error.message).toContain(part)
    expect(error.hint).toContain('--help')
  })

  it.each([
    [['infer', 'x', '--board', 'virtual:z80', '--input', 'y'], 'FILE_NOT_FOUND'],
    [['runs', 'show', '12345'], 'RUN_UNKNOWN'],
    [['runs', 'delete', '12345'], 'RUN_UNKNOWN'],
    [['run', '--task', 'ad', '--board', 'stlink:123'], 'BOARD_UNKNOWN'],
    [['run', '--task', 'ad', '--board', 'virtual:z80'], 'BOARD_UNKNOWN'],
    [['emulate', 'nowhere.elf'], 'FILE_NOT_FOUND'],
    [['run', '--task', 'ad', '--recipe', 'soup'], 'RECIPE_UNKNOWN'],
  ])('thimble %j ends with %s', async (argv, code) => {
    expect((await thimbleError(argv, store)).code).toBe(code)
  })

  it('without --json prints the error and what to do for people, on stderr alone', async () => {
    const { code, stdout, stderr } = await thimble(['runs', 'show', '12345'], store)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('RUN_UNKNOWN')
    expect(stderr).toContain('thimble runs list')
  })
})
