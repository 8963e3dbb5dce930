import type { StageContext } from '../base/progress.ts'
import type { Provenance } from '../base/provenance.ts'
import type { MetricName } from '../contract/metrics.ts'
import type { Sample } from '../contract/run.ts'

/** What a stage of a job gets beside its input: how far it is, what it found, what is to be kept. */
export interface JobContext extends StageContext {
  /** something to show about the stage; a later one of the same key replaces the earlier */
  fact(key: string, value: string | number): void
  /** a figure of the run; over time when given with growing steps */
  metric(name: MetricName, value: number, provenance: Provenance, step?: number): void
  /** one point of the training curve */
  curve(series: 'train_loss' | 'validation_loss', step: number, value: number): void
  /** the next inferences that the board executed */
  samples(samples: readonly Sample[]): void
  /** a file to keep with the run */
  artifact(name: string, data: Uint8Array): void
}

/** A stage by itself, outside of a run: figures and facts go nowhere, its output says what it has to say. */
export const detachedContext = (context: StageContext): JobContext => ({
  ...context,
  fact: () => undefined,
  metric: () => undefined,
  curve: () => undefined,
  samples: () => undefined,
  artifact: () => undefined,
})

export const jsonArtifact = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
