// What a run of the suite has seen, as a file that can be sent around: it names the probe's kind, never its serial number.

import type { Board } from '../../src-main/device/board.ts'
import type { Hello } from '../../src-main/device/firmware-client.ts'
import type { FlashReport } from '../../src-main/device/session.ts'

const hex = (n: number) => `0x${(n >>> 0).toString(16).padStart(8, '0')}`

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

export class HardwareReport {
  readonly fileName: string
  readonly #seen: Record<string, unknown> = {}
  readonly #flashes: object[] = []
  readonly #cycles: Record<number, (number | null)[]> = {}
  readonly #passed: string[] = []

  constructor(id: string) {
    this.fileName = id.replace(/[^\w-]/g, '-')
  }

  identity({ data, provenance, probe }: Board, idcode: number, cpuid: number): void {
    Object.assign(this.#seen, {
      ...{ board: data.id, provenance, probe: probe.info.name, probeFirmware: probe.info.firmware },
      ...{ idcode: hex(idcode), revision: hex(idcode >>> 16), cpuid: hex(cpuid), date: new Date().toISOString() },
    })
  }

  clock({ clock, clockSource, cycleCounter }: Hello): void {
    Object.assign(this.#seen, { clock_hz: clock, clockSource, cycleCounter })
  }

  /** `ms`: of the whole, with comparing, verifying and the reset. */
  flash(name: string, ms: number, { firmware, model, programmedBy }: FlashReport): void {
    const written = firmware.writtenBytes + model.writtenBytes
    const sectors = firmware.erasedSectors.length + model.erasedSectors.length
    this.#flashes.push({ name, ms: Math.round(ms), writtenBytes: written, erasedSectors: sectors, programmedBy })
  }

  cycles(network: number, cycles: number | null): void {
    ;(this.#cycles[network] ??= []).push(cycles)
  }

  stream(cycles: readonly number[], ms: number, { clock }: Hello): void {
    const [min, p50, max] = [Math.min(...cycles), median(cycles), Math.max(...cycles)]
    this.#seen['stream'] = {
      ...{ inferences: cycles.length, cycles: { min, p50, max }, latency_us_p50: (p50 / clock) * 1e6 },
      host_ms_per_inference: ms / cycles.length,
    }
  }

  passed(name: string): void {
    this.#passed.push(name)
  }

  toJson(): string {
    return `${JSON.stringify({ ...this.#seen, flashes: this.#flashes, cycles: this.#cycles, passed: this.#passed }, null, 2)}\n`
  }
}
