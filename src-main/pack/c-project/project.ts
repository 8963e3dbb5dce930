// A planned model as a C library for people with firmware of their own: generated kernels as assembly, constants, the C
// kernels of the other ops, one header, and what builds them. Pure: texts in, texts out.

import type { Plan } from '../../plan/plan.ts'
import { readPackedModel } from '../reader.ts'
import { packModel } from '../writer.ts'
import { cmakeLists, readmeText, toolchainFile } from './build-files.ts'
import { constantsText } from './constants-text.ts'
import { headerText, partsHeaderText } from './header-text.ts'
import { kernelsText } from './kernels-text.ts'
import { modelText, plainKernelNames } from './model-text.ts'
import { projectName } from './names.ts'
import type { ProjectParts } from './project-parts.ts'

export interface CProject {
  name: string
  /** text by path below the project's folder, with / between folders */
  files: ReadonlyMap<string, string>
}

/** Where the firmware's sources and the licence come from. */
export interface ProjectSources {
  /** text of a file of `firmware/`, by its path below it */
  firmware: (path: string) => string
  licence: string
  /** Thimble's */
  version: string
}

/** Writes the project in memory. Throws what packModel throws and what reading the sources does. */
export function writeCProject(plan: Plan, modelFile: string, sources: ProjectSources): CProject {
  const name = projectName(modelFile)
  const parts: ProjectParts = { name, plan, model: readPackedModel(packModel(plan).blob) }
  const own: [string, string][] = [[`src/${name}.c`, modelText(parts)]]
  if (parts.model.constants.length > 0) own.push([`src/${name}_constants.c`, constantsText(parts)])
  if (parts.model.code.length > 0) own.push([`src/${name}_kernels.S`, kernelsText(parts)])
  const runtime = runtimeFiles(plainKernelNames(parts), sources.firmware)
  const compiled = [...own, ...runtime].map(([path]) => path).filter((path) => /\.[cS]$/.test(path))
  return {
    name,
    files: new Map([
      ['CMakeLists.txt', cmakeLists(parts, compiled)],
      ['LICENSE', sources.licence],
      ['README.md', readmeText(parts, sources.version)],
      ['cmake/arm-none-eabi.cmake', toolchainFile(parts)],
      [`include/${name}.h`, headerText(parts)],
      ...own,
      [`src/${name}_parts.h`, partsHeaderText(parts)],
      ...runtime,
    ]),
  }
}

/** Headers that lie in firmware/include; the others lie beside the kernels. */
const SHARED_HEADERS = new Set(['tm_layout.h', 'tm_memory.h'])

/** The kernels' sources and every header that they lead to, sources first. */
function runtimeFiles(kernels: readonly string[], read: ProjectSources['firmware']): [string, string][] {
  const sources = kernels.map((kernel): [string, string] => [`runtime/${kernel}.c`, read(`src/kernels/${kernel}.c`)])
  const headers = new Map<string, string>()
  const queue = sources.map(([, text]) => text)
  for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
    for (const [, file] of text.matchAll(/^#include "([^"]+)"/gm)) {
      if (headers.has(file!)) continue
      const header = read(`${SHARED_HEADERS.has(file!) ? 'include' : 'src/kernels'}/${file}`)
      headers.set(file!, header)
      queue.push(header)
    }
  }
  const sorted = [...headers].sort(([a], [b]) => (a < b ? -1 : 1))
  return [...sources, ...sorted.map(([file, text]): [string, string] => [`runtime/${file}`, text])]
}
