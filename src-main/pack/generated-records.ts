// Generated kernels in a blob: their machine code in the CODE section, their constants in CNST, and the record that says
// with what to call them.

import type { EmittedKernel } from '../codegen/kernels/kernel.ts'
import type { Op, TensorId } from '../ir/graph.ts'
import type { PlannedKernel } from '../plan/planned-kernel.ts'
import type { ConstantSection } from './constants.ts'
import { WORD_BYTES, type Reference } from './layout.ts'
import { record } from './op-records.ts'

export interface CodeSection {
  /** Appends a kernel's code and says at which offset it begins, a multiple of 4. */
  add(kernel: EmittedKernel): number
  data(): Uint8Array
}

export function createCodeSection(): CodeSection {
  const chunks: Uint8Array[] = []
  let end = 0
  return {
    add({ code }) {
      const padded = new Uint8Array(Math.ceil(code.bytes.length / WORD_BYTES) * WORD_BYTES)
      padded.set(code.bytes)
      const entry = end
      chunks.push(padded)
      end += padded.length
      return entry
    },
    data: () => Buffer.concat(chunks),
  }
}

interface GeneratedContext {
  constants: ConstantSection
  code: CodeSection
  place: (id: TensorId | undefined) => Reference
}

const NOTHING: Reference = { offset: 0, bytes: 0 }

/** The record of an op that a generated kernel runs. */
export function generatedRecord(
  { constants, code, place }: GeneratedContext,
  op: Op,
  index: number,
  { emitted, scratch }: Extract<PlannedKernel, { source: 'generated' }>,
): Uint8Array {
  const { kernel } = emitted
  return record('GENERATED', index, {
    output: place(op.outputs[0]),
    input: place(op.inputs[0]),
    second: op.kind === 'ADD' ? place(op.inputs[1]) : (scratch ?? NOTHING),
    constants: kernel.constants.length > 0 ? constants.add('weights', kernel.constants) : NOTHING,
    entry: code.add(kernel),
  })
}
