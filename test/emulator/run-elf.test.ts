// `thimble emulate`: what a program says, how it ends, and what happens when it does not.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { runElf, type RunElfOptions } from '../../src-main/emulator/run-elf.ts'
import { Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

async function runC(name: string, source: string, options: RunElfOptions = {}) {
  const path = join(bench.directory, `${name}.c`)
  await writeFile(path, source)
  const { bytes } = await bench.build(name, [path])
  return runElf(bytes, BOARDS[0]!, options)
}

describe('a program with semihosting', () => {
  it('prints, exits with its code and is counted', async () => {
    const heard: [string, string][] = []
    const result = await runC(
      'hello',
      `#include <stdio.h>
       #include <stdlib.h>
       int main(int argc, char **argv) {
         printf("%d %.3f %s\\n", 42, 2.5, "Grüße");
         fprintf(stderr, "aside\\n");
         exit(17);
       }`,
      { onOutput: (text, stream) => heard.push([stream, text]) },
    )
    expect(result.stdout).toBe('42 2.500 Grüße\n')
    expect(result.exitCode).toBe(17)
    expect(result.instructions).toBeGreaterThan(1000)
    expect(result.cycles).toBeGreaterThan(result.instructions)
    expect(
      heard
        .filter(([stream]) => stream === 'stderr')
        .map(([, text]) => text)
        .join(''),
    ).toBe('aside\n')
  })

  it('has no files but the console', async () => {
    const { stdout } = await runC(
      'files',
      `#include <stdio.h>
       int main(void) { printf("%d %d\\n", fopen("/etc/passwd", "r") == NULL, fopen("out.txt", "w") == NULL); return 0; }`,
    )
    expect(stdout).toBe('1 1\n')
  })

  it('reads the clock of emulated time and the date it is given', async () => {
    const { stdout } = await runC(
      'clock',
      `#include <stdio.h>
       #include <time.h>
       int main(void) {
         clock_t before = clock();
         for (volatile int i = 0; i < 3000000; i++) {}
         printf("%d %ld\\n", clock() > before, (long)time(NULL));
         return 0;
       }`,
      { clock: { monotonicMs: () => 0, now: () => new Date(86_400_000) } },
    )
    expect(stdout).toBe('1 86400\n')
  })

  it('gives the same counts twice', async () => {
    const source = 'int main(void) { volatile int x = 0; for (int i = 0; i < 1000; i++) x += i; return 0; }'
    const first = await runC('twice', source)
    expect(await runC('twice', source)).toEqual(first)
  })
})

describe('a program that does not end well', () => {
  it('is stopped at its instruction limit, exactly', async () => {
    const forever = runC('forever', 'int main(void) { for (;;) {} }', { maxInstructions: 100_000 })
    await expect(forever).rejects.toMatchObject({ code: 'INSTRUCTION_LIMIT' })
  })

  it('may use its whole limit', async () => {
    const source = 'int main(void) { return 0; }'
    const { instructions } = await runC('limit', source)
    expect((await runC('limit', source, { maxInstructions: instructions })).instructions).toBe(instructions)
    await expect(runC('limit', source, { maxInstructions: instructions - 1 })).rejects.toMatchObject({
      code: 'INSTRUCTION_LIMIT',
    })
  })

  it('tells where it faulted, and what it had printed', async () => {
    const crash = runC(
      'crash',
      `#include <stdio.h>
       int main(void) { puts("before"); fflush(stdout); return *(volatile int *)0x30000004; }`,
    )
    await expect(crash).rejects.toMatchObject({
      code: 'TARGET_FAULT',
      message: expect.stringContaining('BFAR 0x30000004'),
      context: { stdout: 'before\n', bfar: 0x30000004 },
    })
  })

  it('says when it sleeps for good', async () => {
    const asleep = runC('asleep', 'int main(void) { __asm volatile("wfi"); return 0; }')
    await expect(asleep).rejects.toMatchObject({ code: 'TARGET_FAULT', message: expect.stringContaining('sleeps') })
  })

  it('is cancelled within a slice', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    const forever = runC('cancelled', 'int main(void) { for (;;) {} }', { signal: controller.signal })
    await expect(forever).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is refused when it is linked for other memories', async () => {
    const path = join(bench.directory, 'elsewhere.c')
    await writeFile(path, 'int main(void) { return 0; }')
    const script = join(bench.directory, 'elsewhere.ld')
    await writeFile(
      script,
      `SECTIONS { . = 0x60000000; .text : { *(.vectors) *(.text*) *(.rodata*) } .data : { *(.data*) }
         __bss_start__ = .; .bss : { *(.bss*) *(COMMON) } __bss_end__ = .; end = .; __end__ = .; __stack = .;
         __preinit_array_start = .; __preinit_array_end = .; __init_array_start = .; __init_array_end = .; }`,
    )
    const { bytes } = await bench.build('elsewhere', [path], { linkerScript: script })
    await expect(runElf(bytes, BOARDS[0]!)).rejects.toMatchObject({
      code: 'ELF_INVALID',
      message: expect.stringContaining('0x60000000'),
    })
  })
})

describe('where a program may live', () => {
  it.each([
    ['at 0, the alias of flash', 0],
    ['in RAM', 0x20000000],
  ])('%s', async (name, origin) => {
    const script = join(bench.directory, `at-${origin}.ld`)
    await writeFile(
      script,
      `ENTRY(Reset_Handler)
       MEMORY { CODE : ORIGIN = ${origin}, LENGTH = 64K  RAM : ORIGIN = 0x20010000, LENGTH = 64K }
       __stack = 0x20020000;
       SECTIONS {
         .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) KEEP(*(.init)) KEEP(*(.fini)) . = ALIGN(4);
           __preinit_array_start = .; __preinit_array_end = .; __init_array_start = .; KEEP(*(.init_array*))
           __init_array_end = .; __fini_array_start = .; KEEP(*(.fini_array*)) __fini_array_end = .; } > CODE
         .ARM.exidx : { __exidx_start = .; *(.ARM.exidx*) __exidx_end = .; } > CODE
         .data : { *(.data*) } > RAM
         .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > RAM
         end = .; __end__ = .; }`,
    )
    const path = join(bench.directory, 'place.c')
    await writeFile(path, '#include <stdio.h>\nint main(void) { printf("%s\\n", "here"); return 2; }')
    const { bytes } = await bench.build(`place-${origin}`, [path], { linkerScript: script })
    expect(await runElf(bytes, BOARDS[0]!), name).toMatchObject({ stdout: 'here\n', exitCode: 2 })
  })
})
