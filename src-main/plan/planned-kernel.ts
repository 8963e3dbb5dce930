import type { Bytes } from '../base/units.ts'
import type { EmittedOp } from '../codegen/emit-op.ts'
import type { WeightForm } from '../codegen/kernels/kernel.ts'

export type KernelSource = 'generated' | 'plain'

/** Why an op runs as it does, in words of the plan. */
export type KernelReason =
  'asked for' | 'no emitter fits' | 'flash budget' | 'RAM budget' | 'small arena' | 'fastest that fits'

/** A reason as a sentence goes on behind "because". */
export const REASON_TEXT: Readonly<Record<KernelReason, string>> = {
  'asked for': 'plain kernels were asked for',
  'no emitter fits': 'no emitter fits the op',
  'flash budget': 'what is quicker does not fit the flash budget',
  'RAM budget': 'what is quicker does not fit the RAM budget',
  'small arena': 'the scratch of what is quicker makes the arena much larger',
  'fastest that fits': 'it is the quickest for the op',
}

export type KernelChoice =
  | { source: 'plain'; reason: KernelReason }
  | { source: 'generated'; reason: KernelReason; weights: WeightForm; emitted: EmittedOp }

/** How an op runs. */
export type PlannedKernel = KernelChoice & {
  /** where its scratch memory is in the arena */
  scratch: { offset: Bytes; bytes: Bytes } | undefined
}
