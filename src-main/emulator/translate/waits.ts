// The time that loads and stores of translated code take, where memory takes time (memory-timing.ts). What an access
// waits for goes off the budget at once, after the last chance to leave the region before the instruction.

import { STATE } from '../memory.ts'
import { IMPORT, type Body } from './body.ts'
import { W } from './wasm-encoder.ts'

/** Waits of loading from the offset in a local. */
export function waitForLoad(f: Body, local: number): void {
  if (f.timing === undefined || f.timing.loadsEnd === 0) return
  f.get(local).const(f.timing.loadsEnd).op(W.i32lts).if()
  f.get(local).const(f.timing.lineBits).op(W.i32shrs).state(STATE.DATA_LINE).op(W.i32ne).if()
  f.wait(IMPORT.LOAD, () => f.get(local))
  f.end()
  f.end()
}

/** Waits of loading from an offset that is known. */
export function waitForLiteral(f: Body, offset: number): void {
  if (f.timing === undefined || offset >= f.timing.loadsEnd) return
  f.state(STATE.DATA_LINE)
    .const(offset >> f.timing.lineBits)
    .op(W.i32ne)
    .if()
  f.wait(IMPORT.LOAD, () => f.const(offset))
  f.end()
}

/** Waits of loading `count` words from the offset in a local on. */
export function waitForLoads(f: Body, local: number, count: number): void {
  if (f.timing !== undefined) waitForWords(f, { local, count, end: f.timing.loadsEnd, kind: IMPORT.LOAD })
}

export function waitForStore(f: Body, local: number): void {
  waitForStores(f, local, 1)
}

export function waitForStores(f: Body, local: number, count: number): void {
  if (f.timing !== undefined) waitForWords(f, { local, count, end: f.timing.storesEnd, kind: IMPORT.STORE })
}

interface Words {
  local: number
  count: number
  end: number
  kind: number
}

function waitForWords(f: Body, { local, count, end, kind }: Words): void {
  if (end === 0) return
  f.get(local).const(end).op(W.i32lts).if()
  for (let word = 0; word < count; word++) {
    f.wait(kind, () =>
      f
        .get(local)
        .const(4 * word)
        .op(W.i32add),
    )
  }
  f.end()
}
