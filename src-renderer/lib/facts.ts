// What a stage says for itself: the key's label is a message, its unit is the key's last word.

import {
  formatAuc,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatInteger,
  formatLatency,
  formatPercent,
  formatSignificant,
} from '../../src-main/contract/format.ts'
import { hasMessage, t } from './messages.ts'

const BY_UNIT: [suffix: RegExp, format: (value: number) => string][] = [
  [/_bytes$/, (value) => formatBytes(value)],
  [/_us$/, (value) => formatLatency(value)],
  [/_ms$/, (value) => formatDuration(value)],
  [/_hz$/, (value) => formatClock(value)],
  [/_share$/, (value) => formatPercent(value)],
  [/^auc|_auc$/, (value) => formatAuc(value, 3)],
  [/^(macs|parameters)$/, (value) => formatCount(value)],
]

export function factValue(key: string, value: string | number): string {
  if (typeof value === 'string') return /sha256$|_id$/.test(key) ? value.slice(0, 12) : value
  const unit = BY_UNIT.find(([suffix]) => suffix.test(key))
  if (unit) return unit[1](value)
  return Number.isInteger(value) ? formatInteger(value) : formatSignificant(value)
}

/** A fact that a newer stage tells and no message names yet shows its key, so that nothing is hidden. */
export function factLabel(key: string): string {
  const message = `fact.${key}`
  return hasMessage(message) ? t(message) : key.replaceAll('_', ' ')
}
