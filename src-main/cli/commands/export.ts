import { z } from 'zod'
import { formatExactBytes } from '../../contract/format.ts'
import { exportC } from '../../jobs/export-c.ts'
import { defineCommand, flagOn } from '../command.ts'
import { DEFAULT_BOARD, boardFlag, plainFlag } from '../shared-options.ts'
import { formatPairs } from '../table.ts'

export const exportCommand = defineCommand({
  name: 'export',
  args: ['<file>'],
  summary: 'A model as a C library, for firmware of your own',
  flags: [
    { name: 'c', value: '<folder>', text: 'where to write the CMake project: a new or empty folder' },
    { ...boardFlag, text: `the core and memories it is made for (${DEFAULT_BOARD})` },
    { ...plainFlag, text: 'C for every layer, which any processor runs, instead of machine code made for the model' },
    { name: 'force', text: 'replace a project that an earlier export wrote, with all that its folder holds' },
  ],
  options: z.object({ c: z.string(), board: z.string().default(DEFAULT_BOARD), plain: flagOn, force: flagOn }),
  run: ([file], { c, board, plain, force }, { terminal, signal }) =>
    exportC({
      file: file!,
      folder: c,
      boardId: board,
      assetsDir: terminal.assetsDir,
      kernels: plain ? 'plain' : 'generated',
      replace: force,
      signal,
    }),
  print: ({ folder, name, board, files, arenaBytes, generatedLayers, plainLayers }) =>
    `${formatPairs([
      ['folder', folder],
      ['header', `include/${name}.h`],
      ['board', board],
      ['arena', formatExactBytes(arenaBytes)],
      ['layers', `${generatedLayers} as machine code, ${plainLayers} as C`],
    ])}\n\n${files.map((path) => `  ${path}`).join('\n')}`,
})
