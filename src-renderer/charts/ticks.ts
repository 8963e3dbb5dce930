import { formatFixed } from '../../src-main/contract/format.ts'

/** Labels of evenly spaced ticks: as many decimals as tell neighbours apart, and no more. */
export function tickLabels(ticks: readonly number[]): string[] {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : Math.abs(ticks[0] ?? 0)
  const decimals = step > 0 ? Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))) : 0
  return ticks.map((tick) => formatFixed(tick, decimals))
}
