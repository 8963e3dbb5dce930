// The loop between regions, itself in WebAssembly: as long as translated code leads to translated code, it goes on
// without a word to the interpreter.

import { STATE, type Memory } from '../memory.ts'
import { ACCESS, encodeModule, TYPE, W, WasmCode } from './wasm-encoder.ts'

/** Regions that can be there at a time: as many as the entry words of code-cache.ts can tell apart. */
export const SLOTS = 4096
const OPCODE_AND_CONDITIONAL = 0x800001ff | 0
const CONDITIONAL = 0x80000000 | 0
const SLOT_SHIFT = 19
const BLOCK_SHIFT = 9
const BLOCK_MASK = 0x3ff

const INDEX = 0
const WORD = 1
const COUNT = 2

/** (index) -> the index where no translated code goes on. */
export function driveModule(memory: Memory): Uint8Array<ArrayBuffer> {
  const code = new WasmCode()
  const executed = () => code.const(0).access(ACCESS.i32load, memory.at.state + 4 * STATE.COUNT)
  const out = code.block()
  const again = code.loop()
  code.get(INDEX).const(2).op(W.i32shl).access(ACCESS.i32load, memory.at.words).tee(WORD)
  code.const(OPCODE_AND_CONDITIONAL).op(W.i32and).const(CONDITIONAL).op(W.i32ne).brIf(out)
  executed().set(COUNT)
  code.get(INDEX)
  code.get(WORD).const(BLOCK_SHIFT).op(W.i32shru).const(BLOCK_MASK).op(W.i32and)
  code
    .get(WORD)
    .const(SLOT_SHIFT)
    .op(W.i32shru)
    .const(SLOTS - 1)
    .op(W.i32and)
  code.callIndirect(1).set(INDEX)
  executed().get(COUNT).op(W.i32ne).brIf(again)
  code.end()
  code.end()
  code.get(INDEX)
  return encodeModule({
    types: [
      { parameters: [TYPE.i32], results: [TYPE.i32] },
      { parameters: [TYPE.i32, TYPE.i32], results: [TYPE.i32] },
    ],
    imports: [],
    memoryPages: memory.wasm.buffer.byteLength >>> 16,
    table: SLOTS,
    run: { type: 0, locals: [[2, TYPE.i32]], code: code.bytes },
  })
}
