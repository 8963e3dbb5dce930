import type { Bytes } from '../../base/units.ts'
import { packModel, type PackedModel } from '../../pack/writer.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JobContext } from '../job-context.ts'

/** Writes the model as the blob that the firmware runs. Throws ACCUMULATOR_OVERFLOW. */
export function pack(plan: Plan, ctx: JobContext): PackedModel {
  const packed = packModel(plan)
  for (const [part, size] of Object.entries<Bytes>({ ...packed.flashBytes })) ctx.fact(`${part}_bytes`, size)
  ctx.fact('model_id', packed.modelId)
  ctx.artifact('model.blob', packed.blob)
  ctx.metric('flash_bytes', packed.flashBytes.total, 'host')
  return packed
}
