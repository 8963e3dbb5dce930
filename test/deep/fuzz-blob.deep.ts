// libFuzzer on the runtime that reads packed models. A case is one execution. What was found on the way stays in
// .cache/deep/fuzz-blob/, so that a later round goes on from there; an input that fails is kept beside it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { wholeModel } from '../firmware/damage.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { buildFuzzer } from '../firmware/fuzz-target.ts'
import { MLPERF_MODELS, hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

const FOLDER = join('.cache', 'deep', 'fuzz-blob')
const RANDOM_SEEDS = 300
const SIGNED_SEEDS = 20
/** The chip does not look at it. */
const ANY_SIGNER = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }
/** Small networks have all that a reader can get wrong, and are read a hundred times faster than whole models. */
const SMALL = { corpus: 'small', maxBytes: 4096, share: 0.999 }
const WHOLE = { corpus: 'whole', maxBytes: 320_000, share: 0.001 }
/** of `choices` in fuzz_blob.c */
const CHOICES = new Uint8Array(4)

function writeSeeds(folder: string, blobs: readonly Uint8Array[]): void {
  mkdirSync(folder, { recursive: true })
  blobs.forEach((blob, i) => writeFileSync(join(folder, `seed-${i}`), Buffer.concat([blob, CHOICES])))
}

function seeds() {
  const small = Array.from({ length: RANDOM_SEEDS }, (_, i) => wholeModel(createRng(9_000_000 + i)).blob)
  const signed = Array.from({ length: SIGNED_SEEDS }, (_, i) => {
    const plan = planModel(randomNetwork(createRng(9_100_000 + i)).graph, findBoardData('stm32f407')!)
    return packModel(plan, ANY_SIGNER).blob
  })
  const models = hasMlperfTiny ? MLPERF_MODELS : []
  const plans = models.flatMap((name) =>
    (['plain', 'generated'] as const).map((kernels) =>
      planModel(readTflite(mlperfFile(`${name}.tflite`), name), findBoardData('stm32f407')!, { kernels }),
    ),
  )
  return {
    small: [...small, ...signed].filter((blob) => blob.length + CHOICES.length <= SMALL.maxBytes),
    whole: plans.map((plan) => packModel(plan).blob),
  }
}

/** Executions that were done. A failure's report and the file that repeats it are the error. */
function fuzz({ corpus, maxBytes }: typeof SMALL, executions: number): number {
  const found = join(FOLDER, corpus)
  mkdirSync(found, { recursive: true })
  const { status, stderr } = spawnSync(
    buildFuzzer(),
    [
      `-runs=${executions}`,
      `-seed=${SEED + 1}`, // 0 would mean any
      `-max_len=${maxBytes}`,
      '-timeout=60',
      '-rss_limit_mb=4096',
      '-print_final_stats=1',
      '-verbosity=0',
      `-artifact_prefix=${FOLDER}/`,
      found,
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
  const kept = readdirSync(FOLDER).filter((name) => /^(crash|leak|timeout|oom)-/.test(name))
  if (status !== 0) expect.fail(`${stderr.slice(-6000)}\nKept: ${kept.map((name) => join(FOLDER, name)).join(', ')}`)
  return Number(/stat::number_of_executed_units:\s+(\d+)/.exec(stderr)?.[1] ?? 0)
}

test(`${COUNT} blobs from seed ${SEED} are refused or run within their memory`, () => {
  const { small, whole } = seeds()
  writeSeeds(join(FOLDER, SMALL.corpus), small)
  writeSeeds(join(FOLDER, WHOLE.corpus), whole)
  const executions =
    fuzz(SMALL, Math.ceil(COUNT * SMALL.share)) + (whole.length > 0 ? fuzz(WHOLE, Math.ceil(COUNT * WHOLE.share)) : 0)
  const report = process.env['THIMBLE_DEEP_REPORT']
  if (report !== undefined) writeFileSync(report, JSON.stringify({ executions }))
  expect(executions).toBeGreaterThan(COUNT * SMALL.share)
})
