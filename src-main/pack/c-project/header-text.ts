// The project's one public header, and the private one that its sources share.

import { DTYPE_CODES, type IO, type Values } from '../layout.ts'
import { modelTensors, type NamedTensor } from './tensors.ts'
import { generatedHead, generatedRecords, layerSymbol, type ProjectParts } from './project-parts.ts'
import { floatText, intText } from './record-text.ts'
import { kernelOf } from './kernels-text.ts'

/** The text of NAME.h. */
export function headerText(parts: ProjectParts): string {
  const { name, model } = parts
  const upper = name.toUpperCase()
  const tensors = modelTensors(parts)
  return `${generatedHead(`The model ${name}: everything that a program calls.`)}
#ifndef ${upper}_H
#define ${upper}_H

${requirements(parts)}/* First half of the SHA-256 of the packed model: the same as a board reports that it was flashed to. */
#define ${upper}_MODEL_ID "${model.modelId}"

/* RAM that the caller gives: input, output and everything between lie in it. */
#define ${upper}_ARENA_BYTES ${model.header.arena_bytes}
#define ${upper}_ARENA_ALIGNMENT 4

/* real = SCALE * (value - ZERO_POINT). DIMS are outermost first. */
${tensors.flatMap(tensorMacros).join('\n')}

/* The rest is for C; the kernels' assembly includes this file too. */
#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ${upper}_OK,
    ${upper}_NO_ARENA,            /* the arena is NULL */
    ${upper}_ARENA_MISALIGNED,    /* it has to begin at a multiple of ${upper}_ARENA_ALIGNMENT */
    ${upper}_ARENA_TOO_SMALL      /* it has to have ${upper}_ARENA_BYTES */
} ${name}_status;

/* One inference's place. There may be as many as there are arenas; nothing else is written to. */
typedef struct {
    uint8_t *arena;
} ${name}_model;

/* Takes the arena for the model; the model runs nothing until this has returned ${upper}_OK. Allocates nothing. */
${name}_status ${name}_init(${name}_model *model, void *arena, size_t arena_bytes);

/* Where to write the inputs before each ${name}_invoke, which may write over them. */
${tensors
  .filter(({ role }) => role === 'input')
  .map(({ symbol, cType }) => `${cType} *${symbol}(const ${name}_model *model);`)
  .join('\n')}

/* Runs one inference. */
void ${name}_invoke(const ${name}_model *model);

/* Where the outputs are, until the next input is written. */
${tensors
  .filter(({ role }) => role === 'output')
  .map(({ symbol, cType }) => `const ${cType} *${symbol}(const ${name}_model *model);`)
  .join('\n')}

#ifdef __cplusplus
}
#endif

#endif /* __ASSEMBLER__ */

#endif /* ${upper}_H */
`
}

function requirements({ name, model, plan }: ProjectParts): string {
  const generated = generatedRecords(model)
  if (generated.length === 0) return ''
  const parts = { name, model, plan }
  const usesFloats = generated.some((record) =>
    kernelOf(parts, record).code.lines.some(({ text }) => text.startsWith('v')),
  )
  return [
    `/* The kernels are machine code for ${plan.target.core === 'cortex-m7' ? 'a Cortex-M7' : 'a Cortex-M4'}. */`,
    '#if !defined(__ARM_FEATURE_DSP) || !defined(__thumb2__)',
    `#error "${name} needs an Armv7E-M core (Cortex-M4 or M7): compile with -mcpu=${cpuOf(plan)} -mthumb"`,
    '#endif',
    '#if defined(__ARM_BIG_ENDIAN)',
    `#error "${name} needs a little-endian core"`,
    '#endif',
    ...(usesFloats
      ? ['#if !defined(__ARM_FP)', `#error "${name} needs the core's floating-point unit"`, '#endif']
      : []),
    '',
    '',
  ].join('\n')
}

export const cpuOf = ({ target }: ProjectParts['plan']) => (target.core === 'cortex-m7' ? 'cortex-m7' : 'cortex-m4')

function tensorMacros({ io, macro, title }: NamedTensor): string[] {
  const dims = io.dims.slice(0, io.rank)
  const elements = dims.reduce((product, n) => product * n, 1)
  return [
    `/* ${title} */`,
    `#define ${macro}_ELEMENTS ${elements}`,
    `#define ${macro}_BYTES ${io.data.bytes}`,
    `#define ${macro}_RANK ${io.rank}`,
    `#define ${macro}_DIMS {${dims.join(', ')}}`,
    ...quantizationMacros(io, macro),
  ]
}

/** float32 and int32 tensors have no scale. */
const quantizationMacros = (io: Values<typeof IO>, macro: string): string[] =>
  io.dtype === DTYPE_CODES.int8
    ? [
        `#define ${macro}_SCALE ${floatText(io.scale)}`,
        `#define ${macro}_ZERO_POINT ${io.zero_point < 0 ? `(${intText(io.zero_point)})` : io.zero_point}`,
      ]
    : []

/** The text of NAME_parts.h. */
export function partsHeaderText({ name, model }: ProjectParts): string {
  const upper = name.toUpperCase()
  const generated = generatedRecords(model)
  const words = model.constants.length / 4
  const lines = [
    generatedHead(`What the sources of ${name} share.`),
    `#ifndef ${upper}_PARTS_H`,
    `#define ${upper}_PARTS_H`,
    '',
    '#include <stdint.h>',
  ]
  if (words > 0)
    lines.push(
      '',
      `#define ${upper}_CONSTANT_WORDS ${words}u`,
      `extern const uint32_t ${name}_constants[${upper}_CONSTANT_WORDS];`,
    )
  if (generated.length > 0)
    lines.push('', '/* Scratch and second input are one argument; NULL where there is neither. */')
  for (const record of generated)
    lines.push(
      `void ${layerSymbol(name, record)}(const void *input, void *output, void *second, const void *constants);`,
    )
  lines.push('', `#endif /* ${upper}_PARTS_H */`, '')
  return lines.join('\n')
}
