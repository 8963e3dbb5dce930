// A model as a C project in a folder: all of it or nothing.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError, throwIfCancelled, toAppError } from '../base/errors.ts'
import { PROJECT_MARK } from '../pack/c-project/build-files.ts'
import { writeCProject, type CProject } from '../pack/c-project/project.ts'
import { checkBudget } from '../plan/plan.ts'
import type { KernelSource } from '../plan/planned-kernel.ts'
import { boardDataOf } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import { readFile, readModelFile } from './read-model-file.ts'
import { planFor } from './stages/plan.ts'
import { THIMBLE_VERSION } from './version.ts'

export interface CExportRequest {
  file: string
  folder: string
  boardId: string
  assetsDir: string
  kernels: KernelSource
  /** replace a project that an earlier export wrote, with all that its folder holds */
  replace: boolean
  signal: AbortSignal
}

export interface CExport {
  folder: string
  /** prefix of its files and symbols */
  name: string
  board: string
  files: string[]
  arenaBytes: number
  generatedLayers: number
  plainLayers: number
}

/**
 * Writes the project. Throws EXPORT_FOLDER_TAKEN, DISK_FULL, FILE_UNREADABLE, CANCELLED, MODEL_TOO_LARGE and what
 * planning and packing throw; then the folder is as it was.
 */
export async function exportC(request: CExportRequest): Promise<CExport> {
  const { file, boardId, assetsDir, kernels, replace, signal } = request
  const folder = resolve(request.folder)
  const board = await boardDataOf(boardId)
  const { graph } = readModelFile(file)
  await checkFolder(folder, replace)
  const plan = planFor({ graph, board, firmware: loadFirmware(assetsDir, board), kernels })
  checkBudget(plan)
  throwIfCancelled(signal)
  const project = writeCProject(plan, basename(file), {
    // The sources and the licence lie beside the assets, in a checkout as in a package (forge.config.ts).
    firmware: (path) => textOf(join(assetsDir, '..', 'firmware', path)),
    licence: textOf(join(assetsDir, '..', 'LICENSE')),
    version: THIMBLE_VERSION,
  })
  await writeFolder(project, folder, signal)
  return {
    folder,
    name: project.name,
    board: plan.target.board,
    files: [...project.files.keys()],
    arenaBytes: plan.arenaBytes,
    generatedLayers: plan.kernels.filter(({ source }) => source === 'generated').length,
    plainLayers: plan.kernels.filter(({ source }) => source === 'plain').length,
  }
}

const textOf = (file: string): string => Buffer.from(readFile(file, 'source')).toString('utf8')

/** Only what an earlier export wrote may be replaced: a mistyped folder must not cost anybody their files. */
async function checkFolder(folder: string, replace: boolean): Promise<void> {
  const entries = await entriesOf(folder)
  if (entries.length === 0) return
  if (!isProject(folder))
    throw new AppError('EXPORT_FOLDER_TAKEN', `${folder} holds files that thimble export has not written.`)
  if (!replace) throw new AppError('EXPORT_FOLDER_TAKEN', `${folder} holds a project of an earlier export.`)
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR')
      throw new AppError('EXPORT_FOLDER_TAKEN', `${folder} is not a folder, or lies below something that is none.`)
    throw toAppError(thrown)
  }
}

function isProject(folder: string): boolean {
  const file = join(folder, 'CMakeLists.txt')
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(PROJECT_MARK)
}

/** Everything is written beside the folder first; one rename then makes it the project. */
async function writeFolder({ files }: CProject, folder: string, signal: AbortSignal): Promise<void> {
  let staged: string | undefined
  try {
    await mkdir(dirname(folder), { recursive: true })
    staged = await mkdtemp(`${folder}.part-`)
    const project = join(staged, 'new')
    for (const [path, text] of files) {
      throwIfCancelled(signal)
      const target = join(project, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, text)
    }
    throwIfCancelled(signal)
    await swap(project, folder, join(staged, 'old'))
  } catch (thrown) {
    throw toAppError(thrown)
  } finally {
    if (staged !== undefined) await rm(staged, { recursive: true, force: true })
  }
}

/** Puts the project where the folder is; what was there is put back where that fails. */
async function swap(project: string, folder: string, old: string): Promise<void> {
  const replaces = existsSync(folder)
  if (replaces) await rename(folder, old)
  try {
    await rename(project, folder)
  } catch (thrown) {
    if (replaces) await rename(old, folder)
    throw thrown
  }
}
