import { throwIfCancelled } from '../base/errors.ts'
import { cyclesToUs, type Cycles, type Hz, type Us } from '../base/units.ts'
import type { FirmwareClient } from '../device/firmware-client.ts'

/** One inference that the firmware executed. */
export interface StreamedInference {
  index: number
  /** the bytes that came back, an array for each of the model's outputs */
  outputs: Uint8Array[]
  /** null where the chip counts none; the latency is these at the clock that the firmware reports */
  cycles: Cycles | null
  latency: Us | null
}

export interface StreamOptions {
  /** called after each inference, in order, before the next one is sent */
  onInference: (inference: StreamedInference) => void | Promise<void>
  signal?: AbortSignal
}

/** `clock` is the one that the firmware's HELLO reports. */
export function latencyOf(cycles: Cycles | null, clock: Hz): Us | null {
  return cycles === null ? null : cyclesToUs(cycles, clock)
}

/**
 * Sends inputs of the open model (its only input's bytes) one after the other. Returns how many. Throws CANCELLED
 * between inferences, and whatever the link throws.
 */
export async function streamInferences(
  firmware: FirmwareClient,
  clock: Hz,
  inputs: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { onInference, signal }: StreamOptions,
): Promise<number> {
  let index = 0
  for await (const input of inputs) {
    throwIfCancelled(signal)
    const { outputs, cycles } = await firmware.infer([input], { signal })
    await onInference({ index, outputs, cycles, latency: latencyOf(cycles, clock) })
    index++
  }
  return index
}
