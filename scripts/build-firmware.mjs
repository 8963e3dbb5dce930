// Builds the firmware images and the loader in assets/firmware/ with arm-none-eabi-gcc.
//   node scripts/build-firmware.mjs           builds them
//   node scripts/build-firmware.mjs --check   builds them aside and compares the bytes with what is committed

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const firmware = join(root, 'firmware')
const assets = join(root, 'assets', 'firmware')

/** The committed images come from Debian 12's compiler; another one gives other bytes. */
const COMPILER = '12.2.1 20221205'

const cpu = (name, fpu) => [`-mcpu=${name}`, '-mthumb', `-mfpu=${fpu}`, '-mfloat-abi=hard']
const TARGETS = [
  { id: 'stm32f407', core: 'CORTEX_M4F', cpu: cpu('cortex-m4', 'fpv4-sp-d16') },
  { id: 'stm32f746', core: 'CORTEX_M7', cpu: cpu('cortex-m7', 'fpv5-sp-d16') },
  { id: 'stm32h743', core: 'CORTEX_M7', cpu: cpu('cortex-m7', 'fpv5-d16') },
]

/** One for all chips: what both cores know. */
const LOADER = { id: 'loader', cpu: ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=soft'] }

const SOURCE_FOLDERS = ['src/kernels', 'src/protocol', 'src/runtime', 'port/common']

const FLAGS = [
  ...['-std=c11', '-O2', '-g', '-ffreestanding', '-ffunction-sections', '-fdata-sections', '-fstack-usage'],
  // memcpy and memset are our own: their loops must not become calls of themselves
  '-fno-tree-loop-distribute-patterns',
  // the same bytes wherever the checkout lies
  ...[`-ffile-prefix-map=${root}=.`, '-Wl,--build-id=none'],
  ...[
    '-Wall',
    '-Wextra',
    '-Wshadow',
    '-Wconversion',
    '-Wcast-qual',
    '-Wundef',
    '-Wmissing-prototypes',
    '-Werror',
    '-Wl,--fatal-warnings',
  ],
  ...['-nostdlib', '-nostartfiles', '-Wl,--gc-sections'],
]

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (error) throw new Error(`${command} can't be started (${error.code}): install gcc-arm-none-eabi`)
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}${stdout}`)
  return stdout
}

function compilerVersion() {
  const line = run('arm-none-eabi-gcc', ['--version']).split('\n')[0]
  return line.slice(line.lastIndexOf(')') + 1).trim()
}

const sourcesIn = (folder) =>
  readdirSync(join(firmware, folder))
    .filter((file) => file.endsWith('.c'))
    .sort()
    .map((file) => join('firmware', folder, file))

/** {text, data, bss} in bytes. */
function sectionSizes(elf) {
  const [names, values] = run('arm-none-eabi-size', [elf]).trim().split('\n')
  const columns = values.trim().split(/\s+/)
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .slice(0, 3)
      .map((name, index) => [name, Number(columns[index])]),
  )
}

/** The image header's words, under the names that the generated C header gives them. */
function imageHeader(image) {
  const text = readFileSync(join(firmware, 'include', 'tm_image.h'), 'utf8')
  const offset = Number(/TM_IMAGE_HEADER_OFFSET\s+(\d+)/.exec(text)[1])
  const struct = /typedef struct \{([^}]*)\} tm_image_header;/.exec(text)[1]
  const names = [...struct.matchAll(/uint32_t (\w+);/g)].map((match) => match[1])
  return Object.fromEntries(names.map((name, index) => [name, image.readUInt32LE(offset + 4 * index)]))
}

/** Deepest frame of any one function: what .su files say. */
function largestFrame(folder) {
  const rows = readdirSync(folder)
    .filter((file) => file.endsWith('.su'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'))
    .filter((row) => row !== '')
    .map((row) => row.split('\t'))
  const [where, bytes] = rows.reduce((most, row) => (Number(row[1]) > Number(most[1]) ? row : most))
  return { function: where.split(':').at(-1), bytes: Number(bytes) }
}

const compile = (args) => run('arm-none-eabi-gcc', args)

/** What was built, and what is told of it beside. */
function result(target, folder, elf, headerOf) {
  const bin = join(folder, `${target.id}.bin`)
  run('arm-none-eabi-objcopy', ['-O', 'binary', elf, bin])
  const image = readFileSync(bin)
  const facts = {
    sha256: createHash('sha256').update(image).digest('hex'),
    bytes: image.length,
    compiler: `arm-none-eabi-gcc ${compilerVersion()}`,
    ...headerOf(image),
    sections: sectionSizes(elf),
    largestFrame: largestFrame(folder),
  }
  return { image, facts: `${JSON.stringify(facts, null, 2)}\n` }
}

function buildLoader(folder) {
  const elf = join(folder, 'loader.elf')
  const sources = ['-Ifirmware/include', ...sourcesIn('loader'), '-Wl,-T,firmware/loader/link.ld']
  compile([...LOADER.cpu, ...FLAGS, ...sources, '-o', elf])
  return result(LOADER, folder, elf, () => ({}))
}

function buildImage(target, folder) {
  const port = join('firmware', 'port', target.id)
  const elf = join(folder, `${target.id}.elf`)
  const folders = [...SOURCE_FOLDERS, `port/${target.id}`]
  const includes = ['firmware/include', ...folders.map((name) => `firmware/${name}`)].map((path) => `-I${path}`)
  const sources = folders.flatMap(sourcesIn)
  const link = [`-Wl,-T,${join(port, 'link.ld')}`, '-lgcc']
  const core = `-DTM_RUNNING_CORE=TM_CORE_${target.core}`
  compile([...target.cpu, core, ...FLAGS, ...includes, ...sources, ...link, '-o', elf])
  return result(target, folder, elf, (image) => ({ header: imageHeader(image) }))
}

/** In a folder of its own: what the compiler says of stack frames lies beside what it builds. */
function build(target, folder) {
  const own = join(folder, target.id)
  mkdirSync(own)
  return target === LOADER ? buildLoader(own) : buildImage(target, own)
}

function check(target, folder) {
  const found = compilerVersion()
  if (found !== COMPILER) {
    return `${target.id}: not compared: this is gcc ${found}, the committed image comes from gcc ${COMPILER}`
  }
  const { image, facts } = build(target, folder)
  const committed = (extension) => readFileSync(join(assets, `${target.id}.${extension}`))
  if (!image.equals(committed('bin')) || !committed('json').equals(Buffer.from(facts))) {
    throw new Error(`${target.id}: a rebuild differs from assets/firmware: run node scripts/build-firmware.mjs`)
  }
  return `${target.id}: a rebuild gives the same ${image.length} bytes`
}

function write(target, folder) {
  const { image, facts } = build(target, folder)
  mkdirSync(assets, { recursive: true })
  writeFileSync(join(assets, `${target.id}.bin`), image)
  writeFileSync(join(assets, `${target.id}.json`), facts)
  return `${target.id}: ${image.length} bytes`
}

const folder = mkdtempSync(join(tmpdir(), 'thimble-firmware-'))
try {
  const action = process.argv.includes('--check') ? check : write
  for (const target of [...TARGETS, LOADER]) console.log(action(target, folder))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
