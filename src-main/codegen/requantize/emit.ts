// The instructions and constants of a requantise plan, for kernels that keep several channels' accumulators in registers.

import type { Assembler } from '../assembler.ts'
import type { ActivationRange } from '../../ir/quantized-params.ts'
import type { ConstantsWriter } from '../constants.ts'
import type { Register } from '../thumb/operands.ts'
import type { Requantizer, RequantizePlan } from './plan.ts'

/** An accumulator in a register. It becomes the int8 value. */
export interface Lane {
  accumulator: Register
  /** which of the group's channels it belongs to, from 0 */
  channel: number
  /** it holds 2^gain times the sum */
  gain: number
}

export interface RequantizeCode {
  /** What the weights and the bias are multiplied by, on top of a channel's gain: the linear form wants twice the sum. */
  readonly weightFactor: 1 | 2
  /** What has to be added to 2^gain times a channel's bias. */
  addend(channel: number): number
  /** The constants of a group of channels, in the order in which `emit` reads them. */
  write(writer: ConstantsWriter, channels: readonly number[]): void
  /** how many words `write` makes of a channel */
  readonly wordsPerChannel: number
  /**
   * Requantises lanes of a group of `channels`. `load` brings the next constants into registers; `free` are registers in
   * rising order: two for each channel in the clamped form, four in the linear, seven in the plain one.
   */
  emit(k: Assembler, lanes: readonly Lane[], channels: number, load: LoadConstants, free: readonly Register[]): void
}

export type LoadConstants = (registers: readonly Register[]) => void

/** Constants that lie where a register points to, which moves past them. */
export const loadFrom =
  (k: Assembler, pointer: Register): LoadConstants =>
  (registers) =>
    k.ldm(`${pointer}!`, registers)

/** `doublesWeights`: whether the kernel's weights have room for twice their value. */
export function requantizeCode(plan: RequantizePlan, params: Requantizer, doublesWeights: boolean): RequantizeCode {
  switch (plan.form) {
    case 'clamped':
      return {
        weightFactor: 1,
        wordsPerChannel: 2,
        addend: (channel) => plan.channels[channel]!.addend,
        write(writer, channels) {
          for (const c of channels) writer.words(plan.channels[c]!.multiplier, plan.channels[c]!.rounding)
        },
        emit(k, lanes, channels, load, free) {
          k.comment(`requantise: multiplier and rounding of ${channels} channels`)
          load(free.slice(0, channels * 2))
          for (const { accumulator, channel } of lanes)
            k.smmla(accumulator, accumulator, free[channel * 2], free[channel * 2 + 1])
          for (const { accumulator, gain } of lanes) k.ssat(accumulator, 8, accumulator, { asr: plan.shift + gain })
        },
      }
    case 'linear':
      return {
        weightFactor: doublesWeights ? 2 : 1,
        wordsPerChannel: plan.shift === undefined ? 3 : 2,
        addend: () => 0,
        write(writer, channels) {
          for (const c of channels) {
            const { multiplier, rounding, shift } = plan.channels[c]!
            writer.words(multiplier, rounding, ...(plan.shift === undefined ? [shift] : []))
          }
        },
        emit(k, lanes, channels, load, free) {
          const [multiplier, rounding, third, fourth] = free as [Register, Register, Register, Register]
          const [sum, shift] = plan.shift === undefined ? [fourth, third] : [third, undefined]
          for (let c = 0; c < channels; c++) {
            k.comment(`requantise channel ${c} of the group`)
            load(shift === undefined ? [multiplier, rounding] : [multiplier, rounding, shift])
            for (const { accumulator: acc, channel, gain } of lanes) {
              if (channel !== c) continue
              // The multiplication wants twice the sum.
              if (gain === 0 && !doublesWeights) k.add(acc, acc, acc)
              if (gain > 0) k.asr(acc, acc, gain - 1)
              k.add(sum, rounding, acc, { asr: 31 })
              k.smmlar(acc, acc, multiplier, sum)
              if (shift !== undefined) k.asr(acc, acc, shift)
              k.ssat(acc, 8, acc, { asr: plan.shift ?? 0 })
            }
          }
          emitClamp(k, lanes, params)
        },
      }
    case 'plain':
      return { weightFactor: 1, wordsPerChannel: 5, addend: () => 0, ...plainCode(params) }
  }
}

/** TFLite's steps one by one: for any multiplier and shift. */
function plainCode(params: Requantizer): Pick<RequantizeCode, 'write' | 'emit'> {
  return {
    write(writer, channels) {
      for (const c of channels) {
        const shift = params.shifts[c]!
        const right = Math.max(0, -shift)
        // Half a step, and whether negative values take one less: there is no second rounding without a right shift.
        const half = right === 0 ? 0 : 2 ** (right - 1)
        writer.words(params.multipliers[c]!, Math.max(0, shift), right, half, right === 0 ? 0 : -1)
      }
    },
    emit(k, lanes, channels, load, free) {
      const [multiplier, left, right, half, sign, low, high] = free as [Register, ...Register[]]
      for (let c = 0; c < channels; c++) {
        k.comment(`requantise channel ${c} of the group: multiplier, shifts, half, sign mask`)
        load([multiplier, left!, right!, half!, sign!])
        for (const { accumulator: acc, channel, gain } of lanes) {
          if (channel !== c) continue
          if (gain > 0) k.asr(acc, acc, gain)
          k.lsl(acc, acc, left)
          k.smull(low, high, acc, multiplier)
          k.comment('(product + 2^30) >> 31')
          k.adds(low, low, 0x40000000)
          k.adc(high, high, 0)
          k.lsl(acc, high, 1)
          k.orr(acc, acc, low, { lsr: 31 })
          k.comment('divided by 2^right, ties away from zero')
          k.and(low, sign, acc, { asr: 31 })
          k.add(acc, acc, low)
          k.add(acc, acc, half)
          k.asr(acc, acc, right)
          const { outputZeroPoint } = params
          if (outputZeroPoint !== 0) k[outputZeroPoint > 0 ? 'add' : 'sub'](acc, acc, Math.abs(outputZeroPoint))
          k.ssat(acc, 8, acc)
        }
      }
      emitClamp(k, lanes, params)
    },
  }
}

/** The activation's bounds, where they are not those of int8. */
export function emitClamp(
  k: Assembler,
  lanes: readonly Pick<Lane, 'accumulator'>[],
  { activationMin, activationMax }: ActivationRange,
): void {
  const bounds = [
    { bound: activationMin, isNeeded: activationMin > -128, beyond: 'lt' },
    { bound: activationMax, isNeeded: activationMax < 127, beyond: 'gt' },
  ] as const
  for (const { accumulator } of lanes)
    for (const { bound, isNeeded, beyond } of bounds) {
      if (!isNeeded) continue
      if (bound >= 0) k.cmp(accumulator, bound)
      else k.cmn(accumulator, -bound)
      k.it(beyond, () => (bound >= 0 ? k.mov(accumulator, bound) : k.mvn(accumulator, -1 - bound)))
    }
}
