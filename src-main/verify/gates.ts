import type { TensorErrors } from './tensor-errors.ts'

/**
 * What a layer has to keep to, given the reference's own input.
 * exact: the same bits · quanta: within `limit` quanta of the output · relative: max|a-b| / max|b| within `limit` ·
 * report: nothing, the error is only shown
 */
export type Gate = { kind: 'exact' | 'report' } | { kind: 'quanta' | 'relative'; limit: number }

/** Firmware, emulator and interpreter agree bit for bit. */
export const EXACT: Gate = { kind: 'exact' }
/** LiteRT rounds once where the reference kernels round twice. */
export const ONE_QUANTUM: Gate = { kind: 'quanta', limit: 1 }
/** float32 against another float32 runtime. */
export const FLOAT32: Gate = { kind: 'relative', limit: 1e-5 }
/** float32 against int8: the loss is what quantization costs, not a fault. */
export const REPORT: Gate = { kind: 'report' }

export function passes(gate: Gate, errors: TensorErrors): boolean {
  switch (gate.kind) {
    case 'exact':
      return errors.mismatches === 0
    case 'quanta':
      return errors.maxQuanta !== null && errors.maxQuanta <= gate.limit
    case 'relative':
      return errors.relative <= gate.limit
    case 'report':
      return true
  }
}
