import type { Provenance } from '../base/provenance.ts'
import { cyclesToUs, us, type Cycles, type Hz, type Us } from '../base/units.ts'

/** At the clock that the firmware's HELLO reports; null where the chip counts no cycles. */
export const latencyOf = (cycles: Cycles | null, clock: Hz): Us | null =>
  cycles === null ? null : cyclesToUs(cycles, clock)

export interface LatencySummary {
  count: number
  p50: Us
  p95: Us
  p99: Us
  min: Us
  max: Us
  mean: Us
  provenance: Provenance
}

/**
 * The smallest value that at least the share `q` of all values does not exceed (nearest rank): always one that was
 * measured. `sorted` ascends and is not empty.
 */
export function percentile<T extends number>(sorted: readonly T[], q: number): T {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!
}

/** Null without any latency, as from a chip that counts no cycles. */
export function summarizeLatency(latencies: readonly Us[], provenance: Provenance): LatencySummary | null {
  if (latencies.length === 0) return null
  const sorted = latencies.toSorted((a, b) => a - b)
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean: us(sorted.reduce((sum, latency) => sum + latency, 0) / sorted.length),
    provenance,
  }
}
