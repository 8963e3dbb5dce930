// Emulator speed, in guest instructions a second of processor time. Not a test: nothing depends on its figures.
//   npx esbuild test/emulator/bench.ts --bundle --platform=node --format=esm --outfile=build/emulator-bench.mjs
//   node build/emulator-bench.mjs

import { BOARDS } from '../../src-main/device/board-data.ts'
import { runElf } from '../../src-main/emulator/run-elf.ts'
import { Workbench, type Program } from './toolchain.ts'

const REPEATS = 3

async function measure(name: string, program: Program): Promise<void> {
  const figures: string[] = []
  for (let i = 0; i < REPEATS; i++) {
    const before = process.cpuUsage()
    const { instructions, cycles } = await runElf(program.bytes, BOARDS[0]!)
    const { user, system } = process.cpuUsage(before)
    figures.push(`${(instructions / (user + system)).toFixed(0)} MIPS (${instructions} instructions, ${cycles} cycles)`)
  }
  console.log(`${name}: ${figures.join(' · ')}`)
}

const bench = await Workbench.open()
try {
  await measure('int8 dot product', await bench.build('dot', ['dot-product.s'], { library: false }))
  for (const optimise of ['-O2', '-O3', '-O0']) {
    await measure(`plain kernels ${optimise}`, await bench.build('plain', ['plain-kernels.c'], { optimise }))
  }
} finally {
  await bench.close()
}
