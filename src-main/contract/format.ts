// Numbers as every screen, table and terminal shows them. 1 KB = 1,024 B, as in the chips' data sheets.

import { hexAddr } from '../base/units.ts'

const NBSP = '\u00a0'
const MINUS = '\u2212'

/** What stands where nothing was measured. */
export const NOTHING = '–'

const DEFAULT_LOCALE = 'en-GB'

const fixedFormats = new Map<string, Intl.NumberFormat>()

/** A fixed number of decimals, thousands separated, a true minus. */
export function formatFixed(value: number, decimals: number, locale = DEFAULT_LOCALE): string {
  const key = `${locale}/${decimals}`
  let format = fixedFormats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    fixedFormats.set(key, format)
  }
  return format.format(Object.is(value, -0) ? 0 : value).replace('-', MINUS)
}

export const formatInteger = (value: number, locale?: string) => formatFixed(Math.round(value), 0, locale)

/** Three significant digits, at most two decimals: 148, 21.8, 2.94, 0.34. */
export function formatSignificant(value: number, locale?: string): string {
  const magnitude = Math.abs(value)
  return formatFixed(value, magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2, locale)
}

/** 640 B, 53.9 KB, 512 KB, 1 MB. */
export function formatBytes(value: number, locale?: string): string {
  if (value < 1024) return `${formatInteger(value, locale)}${NBSP}B`
  const [size, unit] = value < 1024 * 1024 ? [value / 1024, 'KB'] : [value / (1024 * 1024), 'MB']
  const whole = Number.isInteger(size) && (unit === 'MB' || size >= 100)
  return `${formatFixed(size, whole ? 0 : 1, locale)}${NBSP}${unit}`
}

export const formatExactBytes = (value: number, locale?: string) => `${formatInteger(value, locale)}${NBSP}B`

/** A number and its unit apart, for figures that show the unit smaller. */
export interface Quantity {
  value: string
  unit: string
}

/** µs below 0.1 ms, ms up to 10 s, then s. */
export function latencyQuantity(us: number, locale?: string): Quantity {
  if (us < 100) return { value: formatSignificant(us, locale), unit: 'µs' }
  if (us < 10_000_000) return { value: formatSignificant(us / 1000, locale), unit: 'ms' }
  return { value: formatSignificant(us / 1_000_000, locale), unit: 's' }
}

export function formatLatency(us: number, locale?: string): string {
  const { value, unit } = latencyQuantity(us, locale)
  return `${value}${NBSP}${unit}`
}

/** Milliseconds for a column: `pad` holds the hidden digits that keep the decimal points in line. */
export function alignedMilliseconds(us: number, locale?: string): { text: string; pad: string } {
  const text = formatSignificant(us / 1000, locale)
  const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0
  return { text, pad: decimals === 2 ? '' : decimals === 1 ? '0' : '.00' }
}

/** 8 ms, 0.4 s, 12 s, 1 min 48 s, 2 h 5 min: in sentences. */
export function formatDuration(ms: number, locale?: string): string {
  if (ms < 100) return `${formatInteger(ms, locale)}${NBSP}ms`
  if (ms < 10_000) return `${formatFixed(ms / 1000, 1, locale)}${NBSP}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}${NBSP}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) {
    const rest = seconds % 60
    return rest === 0 ? `${minutes}${NBSP}min` : `${minutes}${NBSP}min ${rest}${NBSP}s`
  }
  return `${Math.floor(minutes / 60)}${NBSP}h ${minutes % 60}${NBSP}min`
}

/** 0.4 s, 12 s, 6:02: in timelines. */
export function formatTimeline(ms: number, locale?: string): string {
  if (ms < 60_000) return formatDuration(ms, locale)
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Time left, no finer than its worth: whole seconds below 20, fives below 2 min, tens above. */
export function formatTimeLeft(ms: number, locale?: string): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  const step = seconds < 20 ? 1 : seconds < 120 ? 5 : 10
  const rounded = Math.ceil(seconds / step) * step
  return rounded < 60 ? `${rounded}${NBSP}s` : formatDuration(rounded * 1000, locale)
}

/** 0x08020000. */
export const formatAddress = hexAddr

/** 5; 5 and 6; 4, 5 and 6. */
export const formatList = (items: readonly string[], locale = DEFAULT_LOCALE) =>
  new Intl.ListFormat(locale, { type: 'conjunction' }).format(items)

export const formatClock = (hz: number, locale?: string) => `${formatFixed(hz / 1e6, 0, locale)}${NBSP}MHz`

/** AUC: 2 decimals, 3 in tables. */
export const formatAuc = (value: number, decimals: 2 | 3 = 2, locale?: string) => formatFixed(value, decimals, locale)

/** 91.6 %: `value` is a share between 0 and 1. */
export const formatPercent = (value: number, locale?: string) => `${formatFixed(value * 100, 1, locale)}${NBSP}%`

/** 2.66 M, 340 k, 512: multiply-accumulates and parameters. */
export function formatCount(value: number, locale?: string): string {
  if (value >= 1e6) return `${formatSignificant(value / 1e6, locale)}${NBSP}M`
  if (value >= 1e4) return `${formatSignificant(value / 1e3, locale)}${NBSP}k`
  return formatInteger(value, locale)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** 24 Nov 11:42, in local time. */
export function formatDateTime(iso: string): string {
  const date = new Date(iso)
  const time = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
  return `${date.getDate()} ${MONTHS[date.getMonth()]!} ${time}`
}
