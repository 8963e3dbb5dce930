import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import type { ConvolutionParams } from '../quantized-params.ts'

/** x - zero point, which needs nine bits. */
export function centre(values: Int8Array, zeroPoint: number, centred: Int16Array): void {
  for (let i = 0; i < centred.length; i++) centred[i] = values[i]! - zeroPoint
}

/** An accumulator as the output's int8 value. */
export function requantize(acc: number, channel: number, params: ConvolutionParams): number {
  const scaled = multiplyByQuantizedMultiplier(acc, params.multipliers[channel]!, params.shifts[channel]!)
  const value = (scaled + params.outputZeroPoint) | 0
  return value < params.activationMin
    ? params.activationMin
    : value > params.activationMax
      ? params.activationMax
      : value
}
