/** Latencies and cycles of the virtual Cortex-M7 boards were called emulated; they have always been estimates. */
export const sql = `
UPDATE metrics SET provenance = 'estimated'
WHERE provenance = 'emulated'
  AND name IN ('latency_p50_us', 'latency_p95_us', 'latency_p99_us', 'latency_max_us', 'cycles')
  AND run_id IN (SELECT id FROM runs WHERE board IN ('virtual:stm32f746', 'virtual:stm32h743'));
`
