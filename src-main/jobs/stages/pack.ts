import type { Bytes } from '../../base/units.ts'
import { packModel, type PackedModel } from '../../pack/writer.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JobContext } from '../job-context.ts'
import { ownSigner } from '../signing-keys.ts'

export interface PackInput {
  plan: Plan
  /** holds the key that signs the blob */
  keyFolder: string
}

/** Writes the model as the blob that the firmware runs, signed. Throws ACCUMULATOR_OVERFLOW and what ownSigner throws. */
export function pack({ plan, keyFolder }: PackInput, ctx: JobContext): PackedModel {
  const packed = packModel(plan, ownSigner(keyFolder))
  for (const [part, size] of Object.entries<Bytes>({ ...packed.flashBytes })) ctx.fact(`${part}_bytes`, size)
  ctx.fact('model_id', packed.modelId)
  ctx.artifact('model.blob', packed.blob)
  ctx.metric('flash_bytes', packed.flashBytes.total, 'host')
  return packed
}
