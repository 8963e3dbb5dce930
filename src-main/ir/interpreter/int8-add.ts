import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import type { Add, Graph, Sub } from '../graph.ts'
import { addParams } from '../quantized-params.ts'
import { binaryWalk } from './broadcast.ts'
import type { Kernel } from './kernel.ts'

/** ADD and SUB: both inputs are brought to a scale of twice the larger one with 20 bits of head room, then the sum is rescaled. */
export function prepareAddInt8(graph: Graph, op: Add | Sub): Kernel {
  const p = addParams(graph, op)
  const sign = op.kind === 'SUB' ? -1 : 1
  const [zeroPointA, zeroPointB] = p.inputZeroPoints
  const [scaleA, scaleB] = p.inputMultipliers
  const tableA = rescaled(zeroPointA, scaleA.multiplier, scaleA.shift)
  const tableB = rescaled(zeroPointB, scaleB.multiplier, scaleB.shift)
  const { multiplier, shift } = p.outputMultiplier
  const forEachPair = binaryWalk(graph, op)

  return (buffers) => {
    const a = buffers[op.inputs[0]!] as Int8Array
    const b = buffers[op.inputs[1]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    forEachPair((i, j, out) => {
      const sum = (tableA[a[i]! + 128]! + sign * tableB[b[j]! + 128]!) | 0
      const value = (multiplyByQuantizedMultiplier(sum, multiplier, shift) + p.outputZeroPoint) | 0
      output[out] = Math.max(p.activationMin, Math.min(p.activationMax, value))
    })
  }

  /** an int8 operand has 256 values: its rescaling is looked up */
  function rescaled(zeroPoint: number, multiplier: number, shift: number): Int32Array {
    return Int32Array.from({ length: 256 }, (_, i) =>
      multiplyByQuantizedMultiplier((i - 128 - zeroPoint) << p.leftShift, multiplier, shift),
    )
  }
}
