// The products of Winograd convolution (winograd.ts), and the first half of its output's transform.
//
// A row's four products are made in the order 1, 2, 0, 3, so that the transform costs eight additions: the sum of the first two
// is where the third starts, their difference where the fourth does. Where a row is long enough the four rows are a loop, which
// keeps the code small and near; a short row's counting would cost more than it saves.

import type { WindowGeometry } from '../../ir/shapes.ts'
import type { Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import type { Register } from '../thumb/operands.ts'
import { A0, A1, B0, B1, emitStep, WEIGHTS, type SumStart } from './gemm-block.ts'
import type { Frame } from './kernel.ts'
import type { PreparedLayer } from './weighted.ts'
import { PRODUCT_ORDER } from './winograd-input.ts'

/** The last row is negated, as the input's is: then the output's transform only adds it. */
const DOUBLED_G = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, -2],
]
/** Steps of four channels up to which the four rows of products are not a loop. */
const ROWS_UNROLLED = 4
/** what a row keeps below the frame */
export const SAVED_SUMS_BYTES = 16

/** The transformed rows: for each output column the four rows in their order, each of two channels and two tiles. */
export const SUM_SLOTS = Array.from({ length: 32 }, (_, i) => `sum ${i}` as const)
type Slot = (typeof SUM_SLOTS)[number] | 'sums'

/** For each pair of channels: for each row its first addends, where it has any, and its four products; then the requantise. */
export function writeProducts(g: WindowGeometry, layer: PreparedLayer): Uint8Array {
  const writer = createConstantsWriter()
  const at = (c: number, row: number, column: number, k: number) => {
    let sum = 0
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        sum += DOUBLED_G[row]![y]! * DOUBLED_G[column]![x]! * layer.weightsOf(c)[(3 * y + x) * g.inputC + k]!
    return sum
  }
  for (let c = 0; c < g.outputC; c += 2) {
    const group = [c, c + 1]
    for (const [i, row] of PRODUCT_ORDER.entries()) {
      if (i === 0) writer.words(...layer.biases(group))
      else if (loopsRows(g.inputC / 4)) writer.words(0, 0)
      for (const column of PRODUCT_ORDER)
        for (let k = 0; k < g.inputC; k += 4)
          for (const channel of group)
            for (const half of [0, 1])
              writer.pair(at(channel, row, column, k + half), at(channel, row, column, k + half + 2))
    }
    layer.requantize.write(writer, group)
  }
  return writer.finish()
}

const loopsRows = (steps: number) => steps > ROWS_UNROLLED

/** The sums of all four rows of products, for two channels and two tiles. */
export function emitProducts(k: Assembler, frame: Frame<Slot>, steps: number): void {
  if (!loopsRows(steps)) {
    for (let row = 0; row < 4; row++)
      emitRow(k, steps, row === 0, (column) => {
        k.add('r2', 'sp', frame.offset(`sum ${column * 16 + row * 4}`) + (column === 0 ? SAVED_SUMS_BYTES : 0))
        k.stm('r2', [A0, A1, B0, B1])
      })
    return
  }
  k.add('r2', 'sp', frame.offset('sum 0'))
  frame.store('r2', 'sums')
  const row = k.here('row_of_products')
  emitRow(k, steps, true, (column) => {
    if (column === 0) {
      k.comment('sums')
      k.ldr('r2', 'sp', frame.offset('sums') + SAVED_SUMS_BYTES)
      k.stm('r2', [A0, A1, B0, B1])
      return
    }
    frame.load('r2', 'sums')
    k.strd(A0, A1, 'r2', 64)
    k.strd(B0, B1, 'r2', 72)
  })
  k.add('r2', 'r2', 16)
  frame.store('r2', 'sums')
  k.add('r3', 'sp', frame.offset('sum 16'))
  k.cmp('r2', 'r3')
  k.bne(row)
}

/** A row: `store` puts the sums of an output column away; the first finds the stack 16 bytes deeper. */
function emitRow(k: Assembler, steps: number, hasAddends: boolean, store: (column: 0 | 1) => void): void {
  const sums: Register[] = [A0, A1, B0, B1]
  const [firstProduct, difference] = [
    ['r2', 'r3', 'r4', 'r5'],
    ['r6', 'r7', 'r8', 'r9'],
  ] as const
  const product = (start: SumStart) => {
    for (let step = 0; step < steps; step++) emitStep(k, false, 2, step === 0 ? start : 'sums')
  }
  if (hasAddends) k.ldm(`${WEIGHTS}!`, [A0, B0])
  product(hasAddends ? 'biases' : 'nothing')
  k.push(sums)
  product('nothing')
  k.comment('the sum of both is where the third product starts, their difference where the fourth does')
  k.pop(firstProduct)
  for (const [i, sum] of sums.entries()) k.sub(difference[i], firstProduct[i], sum)
  for (const [i, sum] of sums.entries()) k.add(sum, sum, firstProduct[i])
  k.push(difference)
  product('sums')
  store(0)
  k.pop(sums)
  product('sums')
  store(1)
}
