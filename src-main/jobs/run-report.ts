import type { MetricName } from '../contract/metrics.ts'
import type { RunDetail } from '../contract/run.ts'
import type { Store } from '../store/store.ts'

/** A finished run as `thimble run --json` prints it. Figures that the run does not have are null. */
export function runReport(run: RunDetail, store: Store) {
  const figure = (name: MetricName) => run.metrics.find((metric) => metric.name === name)?.value ?? null
  const file = run.artifacts.find((artifact) => artifact.name === 'model-int8.tflite')
  return {
    runId: run.id,
    task: run.task,
    board: run.board,
    provenance: run.provenance,
    timing: run.timing,
    provenanceDetail: run.provenance_detail,
    seed: run.provenance_detail.seed,
    quick: run.quick,
    recipe: run.recipe,
    model: {
      name: run.model,
      file: file ? store.artifacts.pathOf(file.sha256) : ((run.parameters['file'] as string | undefined) ?? null),
      bytes: file?.bytes ?? null,
    },
    aucFloat: figure('auc_float'),
    aucInt8: figure('auc_int8'),
    aucBoard: figure('auc_board'),
    baselines: { energy: figure('auc_energy'), untrained: figure('auc_untrained') },
    latencyUs: {
      p50: figure('latency_p50_us'),
      p95: figure('latency_p95_us'),
      p99: figure('latency_p99_us'),
      max: figure('latency_max_us'),
    },
    instructions: figure('instructions'),
    cycles: figure('cycles'),
    flashBytes: figure('flash_bytes'),
    ramBytes: figure('ram_bytes'),
    stages: run.stages.map(({ name, ms }) => ({ name, ms })),
  }
}
