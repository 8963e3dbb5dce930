// AVERAGE_POOL_2D, MAX_POOL_2D, and MEAN over rows and columns: a window of an NHWC image becomes a value a channel.
//
// Four channels at a time are one word. A sum takes two SXTAB16s a word, which widen and add two channels each; halfwords hold
// the sum of 255 values, so where a window has more they are emptied into four 32-bit sums after each row. A maximum takes
// SSUB8, which leaves a flag for each byte, and SEL, which picks by them. Channels beyond the last word are taken singly.
//
// Where the windows lie is known on the host: two tables say for each row and column of outputs where the window's part inside
// the input starts and how long it is, so that no border is asked for. Windows of one width are unrolled.

import { validTaps, type WindowGeometry } from '../../ir/shapes.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import type { Register } from '../thumb/operands.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { emitFinish, preparePool, type PoolResult, type PreparedPool } from './pool-result.ts'

export interface PoolLayer {
  /** of one batch */
  geometry: WindowGeometry
  result: PoolResult
}

/** values that a halfword's sum holds */
const MOST_IN_HALFWORD = 255
const MOST_UNROLLED = 8
/** Steps through the input are constants that no literal pool is needed for. */
const MOST_ROW_BYTES = 65535

export const fitsPool = ({ geometry: g }: PoolLayer) =>
  g.batches === 1 && Math.min(g.filterW, g.inputW) <= MOST_IN_HALFWORD && g.inputW * g.inputC <= MOST_ROW_BYTES

interface Span {
  from: number
  count: number
}

/** The part of each window that lies inside the input, along one dimension. */
function spans(outputs: number, stride: number, padding: number, input: number, filter: number): Span[] {
  return Array.from({ length: outputs }, (_, i) => {
    const origin = i * stride - padding
    const [first, end] = validTaps(origin, input, filter, 1)
    return { from: origin + first, count: end - first }
  })
}

type Slot =
  | ('output' | 'constants' | 'rows' | 'columns' | 'first column' | 'rows left' | 'columns left' | 'channels left')
  | ('image' | 'window' | 'height' | 'width' | 'count')

interface PoolEmitter {
  k: Assembler
  frame: Frame<Slot>
  geometry: WindowGeometry
  pool: PreparedPool
  /** of every window, where they are alike */
  width: number | undefined
  /** the largest window */
  most: number
}

/** r0 walks through a window, r1 counts its columns and r2 its rows, r3 is what was read; r10 is from a row's end to the next. */
const [AT, COLUMNS_LEFT, ROWS_LEFT, VALUE, TO_NEXT_ROW] = ['r0', 'r1', 'r2', 'r3', 'r10'] as const
const SUMS: readonly Register[] = ['r4', 'r5', 'r6', 'r7']
/** sums of channels 0 and 2, and of 1 and 3 */
const [EVEN, ODD] = ['r8', 'r9'] as const

/** The layer has to pass `fitsPool` (INTERNAL otherwise). Throws ACCUMULATOR_OVERFLOW. */
export function emitPool(layer: PoolLayer): EmittedKernel {
  const { geometry: g, result } = layer
  requireFit(fitsPool(layer), 'pool')
  const rows = spans(g.outputH, g.strideH, g.padTop, g.inputH, g.filterH)
  const columns = spans(g.outputW, g.strideW, g.padLeft, g.inputW, g.filterW)
  const writer = createConstantsWriter()
  for (const { from, count } of rows) writer.words(from * g.inputW * g.inputC, count)
  for (const { from, count } of columns) writer.words(from * g.inputC, count)
  const pool = preparePool(result, g, writer)

  const k = createAssembler()
  const frame = openFrame<Slot>(k, [
    ...([
      'output',
      'constants',
      'rows',
      'columns',
      'first column',
      'rows left',
      'columns left',
      'channels left',
    ] as const),
    ...(['image', 'window', 'height', 'width', 'count'] as const),
  ])
  const emitter: PoolEmitter = {
    ...{ k, frame, geometry: g, pool },
    width: columns.every(({ count }) => count === columns[0]!.count) ? columns[0]!.count : undefined,
    most: Math.max(...rows.map(({ count }) => count)) * Math.max(...columns.map(({ count }) => count)),
  }
  frame.store('r0', 'image')
  frame.store('r1', 'output')
  frame.store('r3', 'rows')
  addConstant(k, 'r3', 'r3', rows.length * 8, 'r4')
  frame.store('r3', 'first column')
  addConstant(k, 'r3', 'r3', columns.length * 8, 'r4')
  frame.store('r3', 'constants')
  k.constant('r4', rows.length)
  const row = k.here('row')
  frame.store('r4', 'rows left')
  frame.load('r3', 'first column')
  frame.store('r3', 'columns')
  k.constant('r4', columns.length)
  const column = k.here('column')
  frame.store('r4', 'columns left')
  emitWindowAt(emitter)
  emitChannels(emitter)
  frame.load('r4', 'columns left')
  k.subs('r4', 'r4', 1)
  k.bne(column)
  frame.load('r3', 'rows')
  k.add('r3', 'r3', 8)
  frame.store('r3', 'rows')
  frame.load('r4', 'rows left')
  k.subs('r4', 'r4', 1)
  k.bne(row)
  frame.close()
  return {
    code: k.assemble(),
    constants: writer.finish(),
    scratchBytes: 0,
    stackBytes: frame.bytes,
    requantize: pool.requantizeForm,
  }
}

/** Where the window's first value is, and its size. */
function emitWindowAt({ k, frame }: PoolEmitter): void {
  k.comment('start and size of the window, from the tables')
  frame.load('r3', 'rows')
  k.ldrd('r4', 'r5', 'r3')
  frame.load('r3', 'columns')
  k.ldm('r3!', ['r6', 'r7'])
  frame.store('r3', 'columns')
  frame.load('r3', 'image')
  k.add('r4', 'r4', 'r6')
  k.add('r4', 'r4', 'r3')
  frame.store('r4', 'window')
  frame.store('r5', 'height')
  frame.store('r7', 'width')
  k.mul('r5', 'r5', 'r7')
  frame.store('r5', 'count')
}

/** All channels of a window: words of four, then what is left. */
function emitChannels(emitter: PoolEmitter): void {
  const { k, frame, geometry: g } = emitter
  const sections = [
    { count: g.inputC >> 2, channels: 4 as const },
    { count: g.inputC & 3, channels: 1 as const },
  ]
  for (const { count, channels } of sections) {
    if (count === 0) continue
    k.constant('r11', count)
    const top = k.here('channels')
    if (count > 1) frame.store('r11', 'channels left')
    emitWindow(emitter, channels)
    emitFinish(k, frame, emitter.pool, SUMS.slice(0, channels))
    frame.load('r0', 'window')
    k.add('r0', 'r0', channels)
    frame.store('r0', 'window')
    if (count > 1) {
      frame.load('r11', 'channels left')
      k.subs('r11', 'r11', 1)
      k.bne(top)
    }
  }
}

/** Sums or maximum of a window for four channels or one: in r4 to r7, bytes of r4 for four maxima. */
function emitWindow(emitter: PoolEmitter, channels: 4 | 1): void {
  const { k, frame, geometry: g, pool, width, most } = emitter
  const isSummed = pool.kind !== 'maximum'
  const emptiesRows = most > MOST_IN_HALFWORD
  frame.load(AT, 'window')
  frame.load(ROWS_LEFT, 'height')
  if (isSummed) for (const sum of SUMS.slice(0, channels)) k.constant(sum, pool.start)
  else k.constant('r4', channels === 4 ? Math.imul(pool.start & 0xff, 0x01010101) : pool.start)
  const clear = () => {
    k.mov(EVEN, 0)
    k.mov(ODD, 0)
  }
  if (isSummed && channels === 4) clear()
  if (width === undefined) {
    frame.load(COLUMNS_LEFT, 'width')
    k.constant(VALUE, g.inputC)
    k.constant(TO_NEXT_ROW, g.inputW * g.inputC)
    k.mls(TO_NEXT_ROW, COLUMNS_LEFT, VALUE, TO_NEXT_ROW)
  }
  const empty = () => {
    k.sxtah('r4', 'r4', EVEN)
    k.sxtah('r5', 'r5', ODD)
    k.add('r6', 'r6', EVEN, { asr: 16 })
    k.add('r7', 'r7', ODD, { asr: 16 })
  }
  const next = () => emitValue(emitter, channels)

  const row = k.here('row_of_window')
  if (width === undefined) {
    frame.load(COLUMNS_LEFT, 'width')
    const column = k.here('column_of_window')
    next()
    k.subs(COLUMNS_LEFT, COLUMNS_LEFT, 1)
    k.bne(column)
    k.add(AT, AT, TO_NEXT_ROW)
  } else {
    if (width > MOST_UNROLLED)
      k.loop(Math.floor(width / MOST_UNROLLED), COLUMNS_LEFT, () => {
        for (let i = 0; i < MOST_UNROLLED; i++) next()
      })
    for (let i = 0; i < (width > MOST_UNROLLED ? width % MOST_UNROLLED : width); i++) next()
    addConstant(k, AT, AT, (g.inputW - width) * g.inputC, VALUE)
  }
  if (isSummed && channels === 4 && emptiesRows) {
    empty()
    clear()
  }
  k.subs(ROWS_LEFT, ROWS_LEFT, 1)
  k.bne(row)
  if (isSummed && channels === 4 && !emptiesRows) empty()
}

/** A value of four channels or one, and on to the next pixel. */
function emitValue({ k, geometry: g, pool }: PoolEmitter, channels: 4 | 1): void {
  const load = channels === 4 ? k.ldr : k.ldrsb
  if (g.inputC <= 255) load(VALUE, AT, { post: g.inputC })
  else {
    load(VALUE, AT)
    addConstant(k, AT, AT, g.inputC, 'r11')
  }
  if (pool.kind !== 'maximum') {
    if (channels === 1) return k.add('r4', 'r4', VALUE)
    k.sxtab16(EVEN, EVEN, VALUE)
    return k.sxtab16(ODD, ODD, VALUE, { ror: 8 })
  }
  if (channels === 4) {
    k.ssub8('r5', 'r4', VALUE)
    return k.sel('r4', 'r4', VALUE)
  }
  k.cmp('r4', VALUE)
  k.it('lt', () => k.mov('r4', VALUE))
}
