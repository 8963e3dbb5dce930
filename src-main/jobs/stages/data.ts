import { buildAnomalyTask, type AnomalyTask, type TaskSize } from '../../data/anomaly-task.ts'
import type { JobContext } from '../job-context.ts'

/** Records the built-in machine sound and cuts it into windows. */
export async function makeData(size: TaskSize, ctx: JobContext): Promise<AnomalyTask> {
  const task = await buildAnomalyTask(ctx, size)
  ctx.fact('recordings', task.clips.length)
  for (const split of ['train', 'validation', 'calibration', 'test'] as const) {
    ctx.fact(`${split}_windows`, task[split].count)
  }
  return task
}
