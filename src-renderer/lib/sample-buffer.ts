// The stream of inferences, in growing typed arrays outside of Svelte's reactivity: one counter tells the charts
// that something came, and each draws at most once a frame.

import type { Sample } from '../../src-main/contract/run.ts'

export class SampleBuffer {
  length = 0
  /** NaN where a sample has none */
  latency_us = new Float64Array(1024)
  cycles = new Float64Array(1024)
  score = new Float64Array(1024)
  /** 0 normal, 1 anomalous, 255 unknown */
  label = new Uint8Array(1024)

  push(samples: readonly Sample[]): void {
    for (const sample of samples) {
      if (this.length === this.latency_us.length) this.grow()
      this.latency_us[this.length] = sample.latency_us
      this.cycles[this.length] = sample.cycles ?? NaN
      this.score[this.length] = sample.score ?? NaN
      this.label[this.length] = sample.label ?? 255
      this.length++
    }
  }

  /** One line a sample, in the units of the columns' names; absent values stay empty. */
  toCsv(): string {
    const cell = (value: number) => (Number.isNaN(value) ? '' : String(value))
    const lines = ['inference,latency_us,cycles,score,label']
    for (let i = 0; i < this.length; i++) {
      const label = this.label[i] === 255 ? '' : this.label[i]
      lines.push(`${i + 1},${cell(this.latency_us[i]!)},${cell(this.cycles[i]!)},${cell(this.score[i]!)},${label}`)
    }
    return lines.join('\n') + '\n'
  }

  clear(): void {
    this.length = 0
  }

  private grow(): void {
    const double = <A extends Float64Array | Uint8Array>(old: A, empty: A) => {
      empty.set(old)
      return empty
    }
    const size = this.length * 2
    this.latency_us = double(this.latency_us, new Float64Array(size))
    this.cycles = double(this.cycles, new Float64Array(size))
    this.score = double(this.score, new Float64Array(size))
    this.label = double(this.label, new Uint8Array(size))
  }
}
