// Progress on stderr: on a terminal a bar that redraws its line, elsewhere a line now and then.

import { systemClock } from '../base/clock.ts'
import { formatInteger, formatTimeLeft } from '../contract/format.ts'
import type { Terminal } from './terminal.ts'

const CELLS = 30
/** between two lines in a log */
const LOG_MS = 2_000

export interface ProgressLine {
  show(label: string, done: number, total: number, etaMs: number | null, note?: string): void
  /** Leaves what stands there and goes to the next line. */
  end(): void
  /** A line of its own, above the bar. */
  say(line: string): void
}

export function createProgressLine(terminal: Terminal): ProgressLine {
  let drawn = ''
  let lastLabel = ''
  let lastMs = 0

  const draw = (line: string) => {
    const cut = line.slice(0, Math.max(20, terminal.columns - 1))
    terminal.stderr(`\r${cut}${' '.repeat(Math.max(0, drawn.length - cut.length))}`)
    drawn = cut
  }
  const clear = () => {
    if (drawn !== '') terminal.stderr(`\r${' '.repeat(drawn.length)}\r`)
    drawn = ''
  }

  return {
    show(label, done, total, etaMs, note) {
      const line = progressText(label, done, total, etaMs, note)
      if (terminal.interactive) return draw(line)
      const now = systemClock.monotonicMs()
      if (label === lastLabel && now - lastMs < LOG_MS) return
      lastLabel = label
      lastMs = now
      terminal.stderr(`${line}\n`)
    },
    end() {
      if (drawn !== '') terminal.stderr('\n')
      drawn = ''
    },
    say(line) {
      clear()
      terminal.stderr(`${line}\n`)
    },
  }
}

function progressText(label: string, done: number, total: number, etaMs: number | null, note?: string): string {
  const name = label.padEnd(9)
  const tail = note === undefined ? '' : `  ${note}`
  if (total <= 0) return `${name} ${formatInteger(done)}${tail}`
  const share = Math.min(1, done / total)
  const filled = Math.round(share * CELLS)
  const bar = '█'.repeat(filled) + '░'.repeat(CELLS - filled)
  const left = etaMs === null || share === 1 ? '' : `  about ${formatTimeLeft(etaMs)} left`
  return `${name} ${bar} ${formatInteger(share * 100).padStart(3)} %${left}${tail}`
}
