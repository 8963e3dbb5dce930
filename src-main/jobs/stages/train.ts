import { scoreWindows } from '../../data/anomaly-score.ts'
import type { AnomalyTask } from '../../data/anomaly-task.ts'
import { writeTflite } from '../../formats/tflite/write-tflite.ts'
import type { Graph } from '../../ir/graph.ts'
import { TRAINING, trainAutoencoder } from '../../train/train-autoencoder.ts'
import { rocAuc } from '../../verify/metrics.ts'
import type { JobContext } from '../job-context.ts'

export interface Trained {
  /** float32 */
  graph: Graph
  aucFloat: number
  aucEnergy: number
  aucUntrained: number
}

/** Trains the float model and says how well it separates the held-out windows, and what separates them without it. */
export async function train(task: AnomalyTask, ctx: JobContext): Promise<Trained> {
  const settings = TRAINING[task.size]
  let lastGood: Graph | undefined
  const { graph, untrained, trainLoss, validationLoss } = await trainAutoencoder(
    task,
    ctx,
    {
      onCurve: ({ series, step, value }) => ctx.curve(series, step, value),
      onCheckpoint: (checkpoint) => (lastGood = checkpoint),
    },
    settings,
  ).catch((thrown: unknown) => {
    // Cancelled or diverged: what the epochs so far reached is not lost.
    if (lastGood !== undefined) ctx.artifact('checkpoint-float32.tflite', writeTflite(lastGood))
    throw thrown
  })
  ctx.fact('epochs', settings.epochs)
  ctx.fact('train_loss', trainLoss)
  ctx.fact('validation_loss', validationLoss)
  ctx.artifact('model-float32.tflite', writeTflite(graph))

  const { labels, energyDb } = task.test
  const quiet = { ...ctx, progress: () => undefined }
  const aucFloat = rocAuc(await scoreWindows(graph, task.test, quiet), labels)
  const aucUntrained = rocAuc(await scoreWindows(untrained, task.test, quiet), labels)
  const aucEnergy = rocAuc(energyDb, labels)
  ctx.metric('auc_float', aucFloat, 'host')
  ctx.metric('auc_energy', aucEnergy, 'host')
  ctx.metric('auc_untrained', aucUntrained, 'host')
  return { graph, aucFloat, aucEnergy, aucUntrained }
}
