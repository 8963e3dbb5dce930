// The figures of a run, by the name they have in events, in the store and in `--json`. Values are in the named unit.

export const METRICS = {
  /** area under the ROC curve over the held-out windows: the float model, the int8 model on this machine, the board's own answers */
  auc_float: '',
  auc_int8: '',
  auc_board: '',
  /** what a trivial detector reaches on the same windows: plain frame energy, and the same net before training */
  auc_energy: '',
  auc_untrained: '',
  latency_p50_us: 'us',
  latency_p95_us: 'us',
  latency_p99_us: 'us',
  latency_max_us: 'us',
  instructions: '',
  cycles: '',
  macs: '',
  parameters: '',
  model_file_bytes: 'B',
  /** weights, biases and plan as they lie in the board's flash */
  flash_bytes: 'B',
  /** the arena */
  ram_bytes: 'B',
  train_loss: '',
  validation_loss: '',
  /** signal to quantization noise of the model's output, float against int8 */
  sqnr_db: 'dB',
} as const

export type MetricName = keyof typeof METRICS
