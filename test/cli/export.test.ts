// thimble export: what it writes, that it is the same every time, and that a folder is a project or is as it was.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { exportC, type CExport } from '../../src-main/jobs/export-c.ts'
import { ASSETS, BOARD } from '../jobs/job.ts'
import { smallFloatGraph, smallInt8Graph, writeModel } from '../jobs/small-model.ts'
import { thimble, thimbleError, thimbleJson } from './command-line.ts'

let folder: string
let store: string
let file: string
/** a place where nothing is yet */
let out: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-export-'))
  store = join(folder, 'store')
  file = writeModel(folder, 'My net.tflite', await smallInt8Graph(64))
})
beforeEach(() => {
  out = join(mkdtempSync(join(folder, 'out-')), 'project')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every file with its bytes, below a folder. */
const filesIn = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]),
  )

const exportTo = (...more: string[]) => thimbleJson(['export', file, '--c', out, ...more], store) as Promise<CExport>
const siblings = () => readdirSync(join(out, '..'))

describe('a project', () => {
  it('is what the answer says, and the same at every export', async () => {
    const said = await exportTo('--board', BOARD)
    expect(said).toMatchObject({ folder: out, name: 'my_net', board: 'STM32F407G-DISC1', plainLayers: 0 })
    const first = filesIn(out)
    expect(Object.keys(first)).toEqual([...said.files].sort())
    out = `${out}-again`
    await exportTo()
    expect(filesIn(out)).toEqual(first)
    expect(first['include/my_net.h']).toContain(`#define MY_NET_ARENA_BYTES ${said.arenaBytes}\n`)
    expect(first['LICENSE']).toContain('MIT License')
    for (const text of Object.values(first)) expect(text).not.toContain(folder)
  })

  it('differs with the board, and with --plain has C and no machine code', async () => {
    await exportTo()
    const [m4, at] = [filesIn(out), out]
    out = `${at}-m7`
    await exportTo('--board', 'virtual:stm32f746')
    expect(filesIn(out)['cmake/arm-none-eabi.cmake']).not.toBe(m4['cmake/arm-none-eabi.cmake'])
    out = `${at}-plain`
    expect(await exportTo('--plain')).toMatchObject({ generatedLayers: 0 })
    const plain = filesIn(out)
    expect(Object.keys(plain).filter((path) => path.endsWith('.S'))).toEqual([])
    expect(plain['runtime/tm_fully_connected_int8.c']).toBe(
      readFileSync(join(ASSETS, '../firmware/src/kernels/tm_fully_connected_int8.c'), 'utf8'),
    )
    expect(plain['include/my_net.h']).not.toContain('#error')
  })

  it.each([
    ['string', 'model_string'],
    ['9 lives', 'model_9_lives'],
    ['tm_layout', 'model_tm_layout'],
    ['Ünïcode — näme', 'n_code_n_me'],
    ['___', 'model'],
  ])('of %s.tflite is called %s', async (stem, name) => {
    const copy = join(folder, `${stem}.tflite`)
    cpSync(file, copy)
    expect(await thimbleJson(['export', copy, '--c', out], store)).toMatchObject({ name })
    expect(existsSync(join(out, 'include', `${name}.h`))).toBe(true)
  })
})

describe('the folder', () => {
  it('may be empty, and is made with those above it', async () => {
    mkdirSync(out)
    await exportTo()
    out = join(out, '..', 'a', 'b')
    await exportTo()
    expect(readdirSync(out)).toContain('CMakeLists.txt')
    expect(siblings()).toEqual(['b'])
  })

  it('with a project of before is refused, and replaced with --force', async () => {
    await exportTo()
    const before = filesIn(out)
    writeFileSync(join(out, 'src/left-over.c'), 'old')
    const error = await thimbleError(['export', file, '--c', out], store)
    expect(error).toMatchObject({ code: 'EXPORT_FOLDER_TAKEN', hint: expect.stringContaining('--force') as string })
    expect(filesIn(out)['src/left-over.c']).toBe('old')
    await exportTo('--force')
    expect(filesIn(out)).toEqual(before)
    expect(siblings()).toEqual(['project'])
  })

  it('with files of other people stays as it is, with --force too', async () => {
    mkdirSync(out)
    writeFileSync(join(out, 'thesis.tex'), 'years of work')
    for (const force of [[], ['--force']])
      expect(await thimbleError(['export', file, '--c', out, ...force], store)).toMatchObject({
        code: 'EXPORT_FOLDER_TAKEN',
      })
    expect(filesIn(out)).toEqual({ 'thesis.tex': 'years of work' })
    expect(siblings()).toEqual(['project'])
  })

  it('that is a file, or lies below one, is refused', async () => {
    writeFileSync(out, 'a file')
    for (const at of [out, join(out, 'below')])
      expect((await thimbleError(['export', file, '--c', at], store)).code).toBe('EXPORT_FOLDER_TAKEN')
    expect(readFileSync(out, 'utf8')).toBe('a file')
  })

  it('is as it was after a cancel, at whatever file it came', async () => {
    await exportTo()
    const before = filesIn(out)
    const total = Object.keys(before).length
    const other = writeModel(folder, 'other.tflite', await smallInt8Graph(32))
    for (let allowed = 0; allowed <= total; allowed += 3) {
      const request = { file: other, folder: out, boardId: BOARD, assetsDir: ASSETS, kernels: 'generated' as const }
      const signal = firesAfter(allowed)
      await expect(exportC({ ...request, replace: true, signal })).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(filesIn(out)).toEqual(before)
      expect(siblings()).toEqual(['project'])
    }
    const cancelled = AbortSignal.abort()
    expect((await thimble(['export', other, '--c', `${out}-new`], store, cancelled)).code).toBe(130)
    expect(siblings()).toEqual(['project'])
  })
})

/** A signal that counts how often it is asked, and is aborted from then on. */
function firesAfter(questions: number): AbortSignal {
  const { signal } = new AbortController()
  let asked = 0
  return Object.defineProperty(signal, 'aborted', { get: () => asked++ >= questions })
}

describe('is refused before anything is written', () => {
  it('without --c, for a float model, for a board that is none', async () => {
    const float = writeModel(folder, 'float.tflite', smallFloatGraph(64))
    expect((await thimbleError(['export', file], store)).code).toBe('USAGE')
    expect((await thimbleError(['export', float, '--c', out], store)).code).toBe('MODEL_DTYPE_UNSUPPORTED')
    expect((await thimbleError(['export', file, '--c', out, '--board', 'virtual:none'], store)).code).toBe(
      'BOARD_UNKNOWN',
    )
    expect((await thimbleError(['export', `${file}-not`, '--c', out], store)).code).toBe('FILE_NOT_FOUND')
    expect(siblings()).toEqual([])
  })
})
