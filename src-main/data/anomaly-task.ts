// The built-in anomaly task: recordings of a small fleet, cut into log-mel windows. A model sees healthy recordings
// only; faults appear in the held-out test alone. Every recording belongs to one split.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { throwIfCancelled } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import type { Rng } from '../base/rng.ts'
import { SAMPLE_RATE } from './audio.ts'
import { FAULT_KINDS, type Fault, type FaultKind } from './faults.ts'
import { FFT_SIZE, frameCount, HOP, logMel } from './log-mel.ts'
import { recordMachine } from './machine-sound.ts'
import { FLEET, type Machine } from './machine.ts'
import { SEVERITIES } from './severities.ts'
import {
  shuffledIndices,
  WINDOW_FEATURES,
  WINDOW_FRAMES,
  windowCount,
  type LabelledWindowSet,
  type WindowSet,
} from './windows.ts'

export type Split = 'train' | 'validation' | 'calibration' | 'test'
export type TaskSize = 'full' | 'quick'

export interface Clip {
  split: Split
  machine: number
  fault: Fault | null
}

export interface AnomalyTask {
  id: 'ad'
  size: TaskSize
  clips: readonly Clip[]
  train: WindowSet
  validation: WindowSet
  calibration: WindowSet
  /** in random order, so that an AUC over the first few hundred already means something */
  test: LabelledWindowSet
}

interface SizeRow {
  seconds: number
  /** healthy recordings of each machine */
  train: number
  validation: number
  calibration: number
  testHealthy: number
  /** faulty recordings of each machine and kind of fault */
  testFaulty: number
}

const SIZES: Record<TaskSize, SizeRow> = {
  full: { seconds: 2, train: 80, validation: 8, calibration: 12, testHealthy: 30, testFaulty: 5 },
  quick: { seconds: 2, train: 36, validation: 3, calibration: 6, testHealthy: 12, testFaulty: 2 },
}

/** Frames between the starts of two windows. Training overlaps them; elsewhere no frame is used twice. */
const STRIDE: Record<Split, number> = {
  train: 1,
  validation: WINDOW_FRAMES,
  calibration: WINDOW_FRAMES,
  test: WINDOW_FRAMES,
}

interface PlannedClip {
  clip: Clip
  machine: Machine
  rng: Rng
}

/** Every recording has a generator of its own by name: more recordings in one split leave all others as they were. */
function planClips(size: SizeRow, rng: Rng): PlannedClip[] {
  return FLEET.flatMap((machine) => {
    const record = (split: Split, count: number, kind?: FaultKind): PlannedClip[] =>
      Array.from({ length: count }, (_, i) => {
        const own = rng.fork(`${split} ${kind ?? 'healthy'} ${i} of machine ${machine.id}`)
        const fault = kind === undefined ? null : { kind, severity: drawSeverity(kind, i, count, own) }
        return { clip: { split, machine: machine.id, fault }, machine, rng: own }
      })
    return [
      record('train', size.train),
      record('validation', size.validation),
      record('calibration', size.calibration),
      record('test', size.testHealthy),
      ...FAULT_KINDS.map((kind) => record('test', size.testFaulty, kind)),
    ].flat()
  })
}

/** One draw from each of `count` equal parts of the range, so that the test is about as hard for every seed. */
function drawSeverity(kind: FaultKind, i: number, count: number, rng: Rng): number {
  const [low, high] = SEVERITIES[kind]
  return low + ((high - low) * (i + rng.float())) / count
}

/** Mean square of the samples that window `first` … `first + 4` of a recording covers, in dB. */
function energyDb(recording: Float64Array, firstFrame: number): number {
  const start = Math.max(0, firstFrame * HOP - FFT_SIZE / 2)
  const end = Math.min(recording.length, (firstFrame + WINDOW_FRAMES - 1) * HOP + FFT_SIZE / 2)
  let sum = 0
  for (let i = start; i < end; i++) sum += recording[i]! * recording[i]!
  return 10 * Math.log10(sum / (end - start))
}

function emptySet(count: number): LabelledWindowSet {
  return {
    count,
    features: new Float32Array(count * WINDOW_FEATURES),
    clip: new Int32Array(count),
    labels: new Uint8Array(count),
    energyDb: new Float64Array(count),
  }
}

function reorder(set: LabelledWindowSet, order: Int32Array): LabelledWindowSet {
  const sorted = emptySet(set.count)
  order.forEach((from, to) => {
    sorted.features.set(
      set.features.subarray(from * WINDOW_FEATURES, (from + 1) * WINDOW_FEATURES),
      to * WINDOW_FEATURES,
    )
    sorted.clip[to] = set.clip[from]!
    sorted.labels[to] = set.labels[from]!
    sorted.energyDb[to] = set.energyDb[from]!
  })
  return sorted
}

/** Records and cuts the whole set. Progress counts recordings. Throws CANCELLED between two recordings. */
export async function buildAnomalyTask(ctx: StageContext, size: TaskSize): Promise<AnomalyTask> {
  const row = SIZES[size]
  const rng = ctx.rng.fork('anomaly task')
  const plan = planClips(row, rng)
  const frames = frameCount(Math.round(row.seconds * SAMPLE_RATE))
  const clipsOf = (split: Split) => plan.filter(({ clip }) => clip.split === split).length
  const makeSet = (split: Split) => emptySet(clipsOf(split) * windowCount(frames, STRIDE[split]))
  const sets: Record<Split, LabelledWindowSet> = {
    train: makeSet('train'),
    validation: makeSet('validation'),
    calibration: makeSet('calibration'),
    test: makeSet('test'),
  }
  const filled: Record<Split, number> = { train: 0, validation: 0, calibration: 0, test: 0 }

  for (const [index, { clip, machine, rng: own }] of plan.entries()) {
    await nextTurn()
    throwIfCancelled(ctx.signal)
    const recording = recordMachine(machine, own, row.seconds, clip.fault ?? undefined)
    const features = logMel(recording)
    const set = sets[clip.split]
    for (let first = 0; first + WINDOW_FRAMES <= frames; first += STRIDE[clip.split]) {
      const at = filled[clip.split]++
      const from = first * (WINDOW_FEATURES / WINDOW_FRAMES)
      set.features.set(features.subarray(from, from + WINDOW_FEATURES), at * WINDOW_FEATURES)
      set.clip[at] = index
      set.labels[at] = clip.fault ? 1 : 0
      set.energyDb[at] = energyDb(recording, first)
    }
    ctx.progress(index + 1, plan.length)
  }

  const test = reorder(sets.test, shuffledIndices(sets.test.count, rng.fork('test order')))
  return { id: 'ad', size, clips: plan.map(({ clip }) => clip), ...sets, test }
}
