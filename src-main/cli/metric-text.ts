import {
  formatAuc,
  formatBytes,
  formatFixed,
  formatInteger,
  formatLatency,
  formatSignificant,
} from '../contract/format.ts'

/** What a figure is called, and how it reads, for people. */
const LABELS: Record<string, string> = {
  auc_float: 'AUC, float model',
  auc_int8: 'AUC, int8 on this machine',
  auc_board: 'AUC, board',
  auc_energy: 'AUC, frame energy alone',
  auc_untrained: 'AUC, untrained net',
  latency_p50_us: 'latency p50',
  latency_p95_us: 'latency p95',
  latency_p99_us: 'latency p99',
  latency_max_us: 'latency max',
  instructions: 'instructions',
  cycles: 'cycles',
  macs: 'MACs',
  parameters: 'parameters',
  model_file_bytes: 'model file',
  flash_bytes: 'flash, model',
  ram_bytes: 'RAM, arena',
  train_loss: 'training loss',
  validation_loss: 'validation loss',
  sqnr_db: 'output SQNR',
}

export const metricLabel = (name: string) => LABELS[name] ?? name

export function formatMetric(name: string, unit: string, value: number): string {
  if (unit === 'us') return formatLatency(value)
  if (unit === 'B') return formatBytes(value)
  if (unit === 'dB') return `${formatFixed(value, 1)}\u00a0dB`
  if (name.startsWith('auc_')) return formatAuc(value, 3)
  return Number.isInteger(value) ? formatInteger(value) : formatSignificant(value)
}
