// Makes one WebAssembly function of a region. Its blocks lie one after the other, each inside the labels of those that
// follow, so that a branch forward is a branch to a label; loops that are entered at their head only become WebAssembly
// loops; every other branch goes by the block number through the table at the top.

import { STATE, type Memory } from '../memory.ts'
import type { MemoryTiming } from '../memory-timing.ts'
import { OP } from '../opcodes.ts'
import { Body, LOCAL, LOCAL_TYPES, takenExtra, type GuestInstruction } from './body.ts'
import { ALWAYS, isConditionalBranch, pushBranchCondition, pushCondition } from './conditions.ts'
import { EMITTERS, ends } from './emitters.ts'
import type { Block, Region } from './region.ts'
import { ACCESS, encodeModule, TYPE, W, WasmCode, type Label } from './wasm-encoder.ts'

/** A block, or a loop of blocks and loops that begins with its head. */
interface Item {
  head: Block
  /** undefined for a block that is no loop */
  items: Item[] | undefined
}

/** Of the functions that it imports: (word, immediate); where memory takes time (index or offset) -> waits. */
const TYPES = [
  { parameters: [TYPE.i32, TYPE.i32], results: [TYPE.i32] },
  { parameters: [TYPE.i32, TYPE.i32], results: [] },
  { parameters: [TYPE.i32], results: [TYPE.i32] },
]
/** In the order of IMPORT. */
const IMPORTS = [
  ['dsp', 1],
  ['vfp', 1],
] as const
const TIMING_IMPORTS = [
  ['fetch', 2],
  ['load', 2],
  ['store', 2],
] as const

/** (index, block) -> the index where it left off. */
export function compileRegion(
  memory: Memory,
  region: Region,
  base: number,
  timing?: MemoryTiming,
): Uint8Array<ArrayBuffer> {
  const code = new RegionCompiler(new Body(memory, base, timing), region).compile()
  const memoryPages = memory.wasm.buffer.byteLength >>> 16
  return encodeModule({
    types: TYPES,
    imports: timing === undefined ? IMPORTS : [...IMPORTS, ...TIMING_IMPORTS],
    memoryPages,
    run: { type: 0, locals: LOCAL_TYPES, code },
  })
}

class RegionCompiler {
  readonly #body: Body
  readonly #region: Region
  /** where a branch to a block may go: labels that are open */
  readonly #labels = new Map<Block, Label>()
  #top: Label = 0

  constructor(body: Body, region: Region) {
    this.#body = body
    this.#region = region
  }

  compile(): number[] {
    const body = this.#body
    body.openOut()
    this.#top = body.loop()
    this.#emitItems(nest(this.#region, 0, this.#region.blocks.length - 1), true)
    body.end()
    body.end()
    const before = new WasmCode()
    this.#refuse(before)
    body.loadLocals(before)
    const after = new WasmCode()
    body.storeLocals(after)
    after.get(LOCAL.NEXT)
    return [...before.bytes, ...body.bytes, ...after.bytes]
  }

  /** Where the code runs at another address than it was translated for, or has no floating-point unit, nothing is done. */
  #refuse(code: WasmCode): void {
    const state = (word: number) => code.const(0).access(ACCESS.i32load, this.#body.memory.at.state + 4 * word)
    state(STATE.BASE).const(this.#body.base).op(W.i32ne)
    if (this.#region.usesFpu) state(STATE.FP).op(W.i32eqz, W.i32or)
    code.if()
    code.get(LOCAL.NEXT).op(W.return).end()
  }

  /** `dispatch`: the first item has a label as well, and the table that goes to all of them. */
  #emitItems(items: readonly Item[], dispatch: boolean): void {
    const body = this.#body
    const labelled = dispatch ? items : items.slice(1)
    for (const { head } of [...labelled].reverse()) this.#labels.set(head, body.block())
    if (dispatch) {
      const table = this.#region.blocks.map((block) => this.#labels.get(block) ?? this.#labels.get(items[0]!.head)!)
      body.get(LOCAL.BLOCK).brTable([...table, table[0]!])
    }
    for (const item of items) {
      if (labelled.includes(item)) {
        body.end()
        this.#labels.delete(item.head)
      }
      if (item.items === undefined) this.#emitBlock(item.head)
      else {
        this.#labels.set(item.head, body.loop())
        this.#emitItems(item.items, false)
        this.#labels.delete(item.head)
        body.end()
      }
    }
  }

  #emitBlock(block: Block): void {
    const body = this.#body
    body.cycles = body.count = 0
    if (block.checked) {
      body.current = block.instructions[0]!
      body.get(LOCAL.LEFT).const(block.bound).op(W.i32les).leaveIf()
    }
    let line: number | undefined
    for (const instruction of block.instructions) {
      body.current = instruction
      line = body.enterLine(line)
      this.#emitInstruction(instruction)
      body.cycles += instruction.cycles
      body.count++
    }
    if (block.next === undefined) return
    const last = block.instructions.at(-1)!
    // A branch has settled its account on the way that is taken, and is not done on the other.
    body.settle(false)
    this.#goTo(block.next, last)
  }

  #emitInstruction(instruction: GuestInstruction): void {
    const body = this.#body
    const { op, condition, cycles } = instruction
    if (condition >= ALWAYS) {
      this.#emitOperation(instruction)
      return
    }
    pushCondition(body, condition)
    body.if()
    this.#emitOperation(instruction)
    // What is skipped takes one cycle, or none beside another.
    const branches = op === OP.B || isConditionalBranch(op) || ends(instruction)
    if (branches) body.end()
    else if (cycles > 1) body.else()
    if (cycles > 1)
      body
        .get(LOCAL.LEFT)
        .const(cycles - 1)
        .op(W.i32add)
        .set(LOCAL.LEFT)
    if (!branches) body.end()
  }

  #emitOperation(instruction: GuestInstruction): void {
    const body = this.#body
    const { op, b, imm } = instruction
    if (op === OP.B) {
      body.settle(true)
      this.#goTo(imm, undefined)
    } else if (isConditionalBranch(op)) {
      pushBranchCondition(body, op, b)
      body.if()
      body.settle(true, takenExtra(instruction))
      this.#goTo(imm, undefined)
      body.end()
    } else EMITTERS[op]!(body, instruction)
  }

  /** Branches to the instruction at `index`; `after` is given where falling through leads from it to the next block. */
  #goTo(index: number, after: GuestInstruction | undefined): void {
    const body = this.#body
    const target = this.#region.byStart.get(index)
    if (target === undefined) {
      body.const(index).set(LOCAL.NEXT).leaveSettled()
      return
    }
    if (after !== undefined) {
      const own = this.#region.blocks[target.id - 1]
      if (own?.instructions.at(-1) === after) return
    }
    const label = this.#labels.get(target)
    if (label !== undefined) body.br(label)
    else body.const(target.id).set(LOCAL.BLOCK).br(this.#top)
  }
}

/** Blocks `from` to `to` as a sequence of blocks and of loops that are entered at their head only. */
function nest(region: Region, from: number, to: number, insideOf?: Block): Item[] {
  const { blocks } = region
  const items: Item[] = []
  for (let id = from; id <= to; id++) {
    const head = blocks[id]!
    const end = head === insideOf ? undefined : loopEnd(region, head, to)
    items.push({ head, items: end === undefined ? undefined : nest(region, id, end, head) })
    if (end !== undefined) id = end
  }
  return items
}

/** The last block of the loop with this head, if it has no loops in it and is entered at its head only. */
function loopEnd({ blocks, byStart }: Region, head: Block, to: number): number | undefined {
  const idOf = (start: number | undefined) => (start === undefined ? undefined : byStart.get(start)?.id)
  let end: number | undefined
  for (const block of blocks) if (block.id >= head.id && idOf(block.target) === head.id) end = block.id
  if (end === undefined || end > to) return undefined
  const isInside = (id: number | undefined) => id !== undefined && id > head.id && id <= end
  for (const block of blocks) {
    if (isInside(block.id) && block.entry) return undefined
    const target = idOf(block.target)
    if (isInside(target) && target! <= block.id) return undefined
    const inside = block.id >= head.id && block.id <= end
    if (!inside && (isInside(target) || isInside(idOf(block.next)))) return undefined
  }
  return end
}
