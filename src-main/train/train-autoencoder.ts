import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, throwIfCancelled } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import type { AnomalyTask } from '../data/anomaly-task.ts'
import { shuffledIndices, type WindowSet } from '../data/windows.ts'
import type { Graph } from '../ir/graph.ts'
import { adamRate } from './adam.ts'
import { AUTOENCODER, createAutoencoder } from './autoencoder.ts'
import { foldNormalisation, measureNormalisation, normaliseRow, type Normalisation } from './normalisation.ts'
import { openOnnxSession, type OnnxSession } from './onnx-session.ts'
import { parameterSlices, readParameters, withParameters } from './parameters.ts'
import { lossModel, trainingStepModel } from './training-step.ts'

export interface TrainingSettings {
  epochs: number
  batch: number
  /** at the start; falls along a half cosine to zero at the end */
  learningRate: number
  threads: number
}

export const TRAINING: Record<AnomalyTask['size'], TrainingSettings> = {
  full: { epochs: 60, batch: 256, learningRate: 3e-3, threads: 1 },
  quick: { epochs: 30, batch: 128, learningRate: 3e-3, threads: 1 },
}

export interface CurvePoint {
  series: 'train_loss' | 'validation_loss'
  /** epochs done, from 1 */
  step: number
  /** mean squared error in dB² */
  value: number
}

export interface TrainedAutoencoder {
  /** float32, raw log-mel in, raw log-mel out */
  graph: Graph
  /** the same net before its first step: what the training is compared with */
  untrained: Graph
  trainLoss: number
  validationLoss: number
}

export interface TrainingCallbacks {
  onCurve?: (point: CurvePoint) => void
  /** the net after each epoch with a finite loss: what stays when a later epoch diverges or is cancelled */
  onCheckpoint?: (graph: Graph, epoch: number) => void
}

function normalisedRows(set: WindowSet, normalisation: Normalisation): Float32Array {
  const rows = new Float32Array(set.features.length)
  for (let i = 0; i < set.count; i++) normaliseRow(normalisation, set.features, i, rows, i * normalisation.mean.length)
  return rows
}

/**
 * Trains the task's autoencoder on healthy windows. Progress counts steps. Throws DATA_INVALID with less than a
 * batch of windows, CANCELLED between two steps, and TRAINING_DIVERGED when a loss is not finite; the last good net has
 * then gone to `onCheckpoint`.
 */
export async function trainAutoencoder(
  task: AnomalyTask,
  ctx: StageContext,
  callbacks: TrainingCallbacks = {},
  settings: TrainingSettings = TRAINING[task.size],
): Promise<TrainedAutoencoder> {
  if (task.train.count < settings.batch || task.validation.count === 0) {
    const given = `${task.train.count} windows to train and ${task.validation.count} to validate`
    throw new AppError(
      'DATA_INVALID',
      `Training takes at least ${settings.batch} windows and one to validate: ${given}.`,
    )
  }
  const rng = ctx.rng.fork('autoencoder')
  const normalisation = measureNormalisation(task.train.features, AUTOENCODER.features)
  const initial = createAutoencoder(AUTOENCODER, rng.fork('weights'))
  const sessions: OnnxSession[] = []
  const open = async (model: Uint8Array) => {
    const session = await openOnnxSession(model, settings.threads)
    sessions.push(session)
    return session
  }
  try {
    const step = await open(trainingStepModel(initial, settings.batch))
    const validation = await open(lossModel(initial, task.validation.count))
    return await runEpochs({ task, ctx, callbacks, settings, initial, normalisation, step, validation })
  } finally {
    for (const session of sessions) await session.release()
  }
}

interface Loop {
  task: AnomalyTask
  ctx: StageContext
  callbacks: TrainingCallbacks
  settings: TrainingSettings
  initial: Graph
  normalisation: Normalisation
  step: OnnxSession
  validation: OnnxSession
}

async function runEpochs(loop: Loop): Promise<TrainedAutoencoder> {
  const { task, ctx, callbacks, settings, initial, normalisation } = loop
  const { batch, epochs } = settings
  const features = normalisation.mean.length
  const slices = parameterSlices(initial)
  let parameters = readParameters(initial, slices)
  let moments = new Float32Array(2 * parameters.length)
  const size = [parameters.length]
  const graphOf = (flat: Float32Array) => foldNormalisation(withParameters(initial, slices, flat), normalisation)
  const toSquaredDb = (loss: number) => loss * normalisation.deviation ** 2

  const order = ctx.rng.fork('batches')
  const x = new Float32Array(batch * features)
  const held = normalisedRows(task.validation, normalisation)
  const stepsPerEpoch = Math.floor(task.train.count / batch)
  const steps = epochs * stepsPerEpoch
  let done = 0
  let trainLoss = NaN
  let validationLoss = NaN
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const indices = shuffledIndices(task.train.count, order)
    let sum = 0
    for (let s = 0; s < stepsPerEpoch; s++) {
      await nextTurn()
      throwIfCancelled(ctx.signal)
      for (let b = 0; b < batch; b++) {
        normaliseRow(normalisation, task.train.features, indices[s * batch + b]!, x, b * features)
      }
      const cosine = 0.5 * (1 + Math.cos((Math.PI * done) / steps))
      const rate = Float32Array.of(adamRate(settings.learningRate * cosine, done + 1))
      const result = await loop.step.run({
        x: { data: x, shape: [batch, features] },
        parameters: { data: parameters, shape: size },
        moments: { data: moments, shape: [2 * parameters.length] },
        rate: { data: rate, shape: [1] },
      })
      const loss = result.loss![0]!
      if (!Number.isFinite(loss)) throw diverged(epoch, s)
      sum += loss
      parameters = result.new_parameters!
      moments = result.new_moments! as Float32Array<ArrayBuffer>
      done++
      ctx.progress(done, steps, `epoch ${epoch} of ${epochs}`)
    }
    const checked = await loop.validation.run({
      x: { data: held, shape: [task.validation.count, features] },
      parameters: { data: parameters, shape: size },
    })
    if (!Number.isFinite(checked.loss![0]!)) throw diverged(epoch, stepsPerEpoch)
    trainLoss = toSquaredDb(sum / stepsPerEpoch)
    validationLoss = toSquaredDb(checked.loss![0]!)
    callbacks.onCurve?.({ series: 'train_loss', step: epoch, value: trainLoss })
    callbacks.onCurve?.({ series: 'validation_loss', step: epoch, value: validationLoss })
    callbacks.onCheckpoint?.(graphOf(parameters), epoch)
  }
  return { graph: graphOf(parameters), untrained: graphOf(readParameters(initial, slices)), trainLoss, validationLoss }
}

const diverged = (epoch: number, step: number) =>
  new AppError('TRAINING_DIVERGED', `The loss is no longer a finite number in epoch ${epoch}, step ${step + 1}.`, {
    context: { epoch, step, last_good_epoch: epoch - 1 },
  })
