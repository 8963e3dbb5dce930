// ADD of two int8 tensors in three instructions an element:
//
//   SMLAWB s, A, 256 a, C     s = C + (A * a >> 8)
//   SMLAWB s, B, 256 b, s     s = s + (B * b >> 8)
//   SSAT   y, #8, s, ASR #shift
//
// A and B are the ratios of the scales, C holds all zero points and a half. An operand in the upper byte of its halfword leaves
// the sum eight bits more than one in the lower: what both floors lose then seldom reaches a step. The constants are tried near their exact values
// until they give TFLite's result for every one of the 65,536 pairs of operands: the proof is that comparison itself.

import { createRng } from '../../base/rng.ts'
import { multiplyByQuantizedMultiplier, type QuantizedMultiplier } from '../../ir/fixed-point.ts'
import type { AddParams } from '../../ir/quantized-params.ts'

export interface SumConstants {
  first: number
  second: number
  offset: number
  shift: number
}

/** What TFLite brings each of the 256 values of an operand to, from -128 on. */
export function rescaledOperand(params: AddParams, operand: 0 | 1): Int32Array {
  const { multiplier, shift } = params.inputMultipliers[operand]
  return Int32Array.from({ length: 256 }, (_, i) =>
    multiplyByQuantizedMultiplier((i - 128 - params.inputZeroPoints[operand]) << params.leftShift, multiplier, shift),
  )
}

const TRIES = 4000
/** how far from the exact ratio and offset is tried, in units of the last place */
const RATIO_SPREAD = 600
const OFFSET_SPREAD = 3
/** The offset takes eight bits above the shift. */
const LAST_SHIFT = 20
/** of an operand in the upper byte */
export const OPERAND_SHIFT = 8

const real = ({ multiplier, shift }: QuantizedMultiplier) => multiplier * 2 ** (shift - 31)

/** Constants that are right for every pair, or undefined where none were found. The same for the same layer. */
export function findSumConstants(params: AddParams): SumConstants | undefined {
  const expected = expectedSums(params)
  const scale = real(params.outputMultiplier) * 2 ** params.leftShift
  const ratios = params.inputMultipliers.map((input) => real(input) * scale) as [number, number]
  // A ratio is a word, and so is every sum: two operands of nine bits beside the output's zero point.
  const widest = 512 + 256 * (ratios[0] + ratios[1])
  const ratioBits = 15 + OPERAND_SHIFT - 0.001 - Math.log2(Math.max(...ratios))
  const shift = Math.min(LAST_SHIFT, Math.floor(ratioBits), Math.floor(31 - Math.log2(widest)))
  if (shift < 1) return undefined
  const [zeroA, zeroB] = params.inputZeroPoints
  const offset = (params.outputZeroPoint - ratios[0] * zeroA - ratios[1] * zeroB + 0.5) * 2 ** shift + 1
  const rng = createRng(expected.reduce((hash, value) => Math.imul(hash, 31) + value, 0))
  const near = (value: number, spread: number, isFirst: boolean) =>
    Math.round(value) + (isFirst ? 0 : rng.int(2 * spread + 1) - spread)
  // Pairs that ruled out a candidate rule out most of the others.
  const counterexamples: number[] = []
  for (let i = 0; i < TRIES; i++) {
    const constants: SumConstants = {
      first: near(ratios[0] * 2 ** (16 - OPERAND_SHIFT + shift), RATIO_SPREAD, i === 0),
      second: near(ratios[1] * 2 ** (16 - OPERAND_SHIFT + shift), RATIO_SPREAD, i === 0),
      ...{ offset: near(offset, OFFSET_SPREAD, i === 0), shift },
    }
    if (counterexamples.some((pair) => !isRight(constants, params, expected, pair))) continue
    const wrong = firstWrongPair(constants, params, expected)
    if (wrong === undefined) return constants
    counterexamples.push(wrong)
  }
  return undefined
}

/** By pair: (a + 128) * 256 + b + 128. */
function expectedSums(params: AddParams): Int8Array {
  const [a, b] = [rescaledOperand(params, 0), rescaledOperand(params, 1)]
  const { multiplier, shift } = params.outputMultiplier
  return Int8Array.from({ length: 65536 }, (_, pair) => {
    const sum = (a[pair >> 8]! + b[pair & 255]!) | 0
    const value = multiplyByQuantizedMultiplier(sum, multiplier, shift) + params.outputZeroPoint
    return Math.max(params.activationMin, Math.min(params.activationMax, value))
  })
}

function isRight(
  { first, second, offset, shift }: SumConstants,
  { activationMin, activationMax }: AddParams,
  expected: Int8Array,
  pair: number,
): boolean {
  const sum =
    offset + Math.floor((first * ((pair >> 8) - 128)) / 256) + Math.floor((second * ((pair & 255) - 128)) / 256)
  const value = Math.max(-128, Math.min(127, Math.floor(sum / 2 ** shift)))
  return Math.max(activationMin, Math.min(activationMax, value)) === expected[pair]
}

function firstWrongPair(constants: SumConstants, params: AddParams, expected: Int8Array): number | undefined {
  for (let pair = 0; pair < 65536; pair++) if (!isRight(constants, params, expected, pair)) return pair
  return undefined
}
