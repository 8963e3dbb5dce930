import type { Bytes } from '../base/units.ts'
import type { EmittedOp } from '../codegen/emit-op.ts'
import type { WeightForm } from '../codegen/kernels/kernel.ts'

export type KernelSource = 'generated' | 'plain'

/** Why an op runs as it does, in words of the plan. */
export type KernelReason =
  'asked for' | 'no emitter fits' | 'flash budget' | 'RAM budget' | 'small arena' | 'fastest that fits'

export type KernelChoice =
  | { source: 'plain'; reason: KernelReason }
  | { source: 'generated'; reason: KernelReason; weights: WeightForm; emitted: EmittedOp }

/** How an op runs. */
export type PlannedKernel = KernelChoice & {
  /** where its scratch memory is in the arena */
  scratch: { offset: Bytes; bytes: Bytes } | undefined
}
