// Horizontal rules of a stream chart (percentiles, thresholds), and the range that keeps them in sight.

import type uPlot from 'uplot'

export interface Rule {
  value: number
  label: string
  dash: number[]
}

const LABEL_HEIGHT = 14

/** The y range: the data and every rule, with a margin; a constant stream gets one per cent around it. */
export function spread(low: number | null, high: number | null, rules: readonly Rule[]): [number, number] {
  const values = rules.map((rule) => rule.value).filter(Number.isFinite)
  if (low !== null) values.push(low)
  if (high !== null) values.push(high)
  if (values.length === 0) return [0, 1]
  const bottom = Math.min(...values)
  const top = Math.max(...values)
  const margin = Math.max((top - bottom) * 0.08, Math.abs(top) * 0.01, 1e-9)
  return [bottom - margin, top + margin]
}

/** Where labels go that want to sit at `wanted`, so that none covers another: pushed down, in order of their places. */
export function placeLabels(wanted: readonly number[], height: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!)
  const placed: number[] = [...wanted]
  let free = -Infinity
  for (const index of order) {
    placed[index] = Math.max(wanted[index]!, free)
    free = placed[index] + height
  }
  return placed
}

export function drawRules(plot: uPlot, rules: readonly Rule[], colour: (token: string) => string): void {
  const shown = rules.filter((rule) => Number.isFinite(rule.value))
  if (shown.length === 0) return
  const { ctx, bbox } = plot
  const scale = devicePixelRatio
  const ys = shown.map((rule) => plot.valToPos(rule.value, 'y', true))
  // from the highest value down, as they stand on the axis
  const labels = placeLabels(ys, LABEL_HEIGHT * scale)
  ctx.save()
  ctx.strokeStyle = colour('--text')
  ctx.fillStyle = colour('--text')
  ctx.font = `600 ${11 * scale}px "IBM Plex Sans", sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.lineWidth = 1.1 * scale
  shown.forEach((rule, index) => {
    ctx.globalAlpha = 0.75
    ctx.setLineDash(rule.dash.map((length) => length * scale))
    ctx.beginPath()
    ctx.moveTo(bbox.left, ys[index]!)
    ctx.lineTo(bbox.left + bbox.width, ys[index]!)
    ctx.stroke()
    ctx.globalAlpha = 1
    ctx.fillText(rule.label, bbox.left + bbox.width + 8 * scale, labels[index]!)
  })
  ctx.restore()
}
