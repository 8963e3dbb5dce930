// What builds a project and tells people how: CMakeLists.txt, a toolchain file, README.md.

import { cpuOf } from './header-text.ts'
import { generatedRecords, plainRecords, type ProjectParts } from './project-parts.ts'
import { modelTensors } from './tensors.ts'
import { kernelOf } from './kernels-text.ts'

/** The first line of every project's CMakeLists.txt, by which an earlier export is known. */
export const PROJECT_MARK = '# A model as a C library, written by thimble export.'

/** `sources` are the library's, in the order in which they are to be linked. */
export const cmakeLists = ({ name }: ProjectParts, sources: readonly string[]): string => `${PROJECT_MARK}
cmake_minimum_required(VERSION 3.16)
project(${name} LANGUAGES C${sources.some((file) => file.endsWith('.S')) ? ' ASM' : ''})

# The C kernels count on the optimiser. As a part of another project, that project decides.
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(${name} STATIC
${sources.map((file) => `  ${file}`).join('\n')}
)
target_include_directories(${name} PUBLIC include PRIVATE src runtime)
target_compile_features(${name} PRIVATE c_std_11)
`

/** Every core of the sort with a floating-point unit has at least this one. */
const FPUS = { 'cortex-m4': 'fpv4-sp-d16', 'cortex-m7': 'fpv5-sp-d16' } as const

export const compilerFlags = ({ plan }: ProjectParts): string[] => {
  const cpu = cpuOf(plan)
  return [`-mcpu=${cpu}`, '-mthumb', `-mfpu=${FPUS[cpu]}`, '-mfloat-abi=hard']
}

export const toolchainFile = (parts: ProjectParts): string => `# For building the library by itself with GNU's compiler:
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/arm-none-eabi.cmake && cmake --build build
# Inside of a project, that project's own toolchain file counts. Flags of one core and one float ABI belong to all of it.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR ${cpuOf(parts.plan)})
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
# There is no C library to link a trial program with.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "${compilerFlags(parts).join(' ')}")
set(CMAKE_ASM_FLAGS_INIT "${compilerFlags(parts).join(' ')}")
`

/** The README of a project. `version` is Thimble's. */
export function readmeText(parts: ProjectParts, version: string): string {
  const { name, model, plan } = parts
  const upper = name.toUpperCase()
  const generated = generatedRecords(model)
  const plain = plainRecords(model).length
  const tensors = modelTensors(parts)
  const [input] = tensors.filter(({ role }) => role === 'input')
  const [output] = tensors.filter(({ role }) => role === 'output')
  const stack = Math.max(0, ...generated.map((record) => kernelOf(parts, record).stackBytes))
  return `# ${name}
A neural network as a C library, written by Thimble ${version} for ${plan.target.board} (${plan.target.core}).
Model id \`${model.modelId}\`. The same model, board and version of Thimble give the same files.

| | bytes |
|---|---|
| RAM that you give: \`${upper}_ARENA_BYTES\` | ${model.header.arena_bytes} |
| constants, in flash | ${model.constants.length} |
| generated code, in flash | ${model.code.length} |
| stack, at most, of a generated kernel | ${stack} |

${generated.length} layers run as machine code made for them (\`src/${name}_kernels.S\`), ${plain} as C (\`runtime/\`). Outputs are
those of the integer interpreter that Thimble checks itself against, bit for bit.

## Tensors
${tensors.map(({ title, symbol }) => `- \`${symbol}()\`: ${title}`).join('\n')}

Scales, zero points and dimensions are macros in \`include/${name}.h\`: real = SCALE * (value - ZERO_POINT).

## Add it to your firmware
With CMake, in your CMakeLists.txt:

    add_subdirectory(${name})
    target_link_libraries(your-firmware PRIVATE ${name})

With anything else, compile the files that CMakeLists.txt lists, as C11 with -O2, with \`include\`, \`src\` and \`runtime\` on
the include path and with your own flags for the core, here:

    ${compilerFlags(parts).join(' ')}

By itself:

    cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/arm-none-eabi.cmake && cmake --build build

In your program:

    #include "${name}.h"

    static _Alignas(16) uint8_t arena[${upper}_ARENA_BYTES];
    static ${name}_model model;

    if (${name}_init(&model, arena, sizeof arena) != ${upper}_OK) { /* the arena does not suit */ }
    /* Before each invoke, which may write over the input: */
    memcpy(${input?.symbol ?? `${name}_input`}(&model), values, ${input?.macro ?? `${upper}_INPUT`}_BYTES);
    ${name}_invoke(&model);
    const ${output?.cType ?? 'int8_t'} *result = ${output?.symbol ?? `${name}_output`}(&model);

The library allocates nothing and writes to nothing but the arena, so that several may run at a time, each in an arena of
its own. It may be interrupted anywhere.${plain > 0 ? ' It needs memcpy and memset of a C library.' : ''}
Code and constants are only read: flash, or RAM for speed, is the linker script's choice (\`.text.${name}_kernels\`).

Licence: MIT, see LICENSE, for the code; weights are under the licence of the model they come from.
`
}
