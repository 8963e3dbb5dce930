// Which folder may import which: the table of the design, read as "A may import these, itself and base". Everything else
// below is made from it.

const MAY_IMPORT = {
  base: [],
  contract: [],
  ir: [],
  formats: ['ir'],
  data: ['ir'],
  verify: ['ir'],
  train: ['ir', 'data'],
  codegen: ['ir'],
  plan: ['ir', 'codegen'],
  pack: ['ir', 'plan', 'codegen'],
  compress: ['ir', 'data', 'train'],
  device: [],
  emulator: ['device'],
  bench: ['device', 'pack'],
  store: ['contract'],
  jobs: [
    ...['contract', 'ir', 'formats', 'data', 'verify', 'train', 'codegen', 'plan', 'pack', 'compress'],
    ...['device', 'emulator', 'bench', 'store'],
  ],
  app: ['jobs', 'contract'],
  cli: ['jobs', 'contract'],
}

// Packages that reach outside of the process, each behind one folder.
const ONLY_IN = [
  { module: 'electron', folder: 'app' },
  { module: 'better-sqlite3', folder: 'store' },
  { module: 'usb', folder: 'device' },
  { module: 'serialport', folder: 'device' },
]

const folderRules = Object.entries(MAY_IMPORT).map(([folder, others]) => ({
  name: `${folder}-imports`,
  comment: `src-main/${folder} may import ${['base', ...others].join(', ')}.`,
  severity: 'error',
  from: { path: `^src-main/${folder}/` },
  to: { path: '^src-(main|renderer)/', pathNot: `^src-main/(${['base', folder, ...others].join('|')})/` },
}))

const packageRules = ONLY_IN.map(({ module, folder }) => ({
  name: `${module}-only-in-${folder}`,
  severity: 'error',
  from: { path: '^src-', pathNot: `^src-main/${folder}/` },
  to: { path: `(^|node_modules/)(@types/)?${module}(/|$)`, dependencyTypesNot: ['local'] },
}))

module.exports = {
  forbidden: [
    ...folderRules,
    ...packageRules,
    {
      name: 'known-folders',
      comment: 'A new folder of src-main needs a row in the table above.',
      severity: 'error',
      from: { path: '^src-main/', pathNot: `^src-main/(${Object.keys(MAY_IMPORT).join('|')})/` },
      to: {},
    },
    {
      name: 'renderer-imports-contract-only',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { path: '^src-main/', pathNot: '^src-main/contract/' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      comment: 'Types may point back; they vanish when compiled.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages',
      comment: 'What ships must not need a package that only development installs. Types vanish when compiled.',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/electron/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
