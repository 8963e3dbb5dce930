// A model file of one's own for tests: 640 -> 4 -> 640 with random weights, int8.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src-main/base/clock.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { quantizeGraph } from '../../src-main/compress/quantize.ts'
import { findRecipe } from '../../src-main/compress/recipe.ts'
import { writeTflite } from '../../src-main/formats/tflite/write-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { createAutoencoder } from '../../src-main/train/autoencoder.ts'

const rng = createRng(13)

export const smallFloatGraph = (features = 640): Graph =>
  createAutoencoder({ features, hidden: 8, bottleneck: 4 }, rng.fork('weights'))

export async function smallInt8Graph(features = 640): Promise<Graph> {
  const draw = rng.fork('samples')
  const samples = Array.from({ length: 100 }, () => [
    Float32Array.from({ length: features }, () => draw.uniform(-80, 0)),
  ])
  const ctx = {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: () => undefined,
    rng,
    clock: systemClock,
  }
  return quantizeGraph(smallFloatGraph(features), samples, findRecipe('ptq'), ctx)
}

export function writeModel(folder: string, name: string, graph: Graph): string {
  const file = join(folder, name)
  writeFileSync(file, writeTflite(graph))
  return file
}
