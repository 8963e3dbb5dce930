// Finds what to translate together: the basic blocks that can be reached from an instruction without a call, a return
// or anything else that only the interpreter can do, and the loops among them.

import { BRANCH_REFILL } from '../cycle-table.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Memory } from '../memory.ts'
import type { MemoryTiming } from '../memory-timing.ts'
import { FIRST_COLD, FIRST_VFP, OP } from '../opcodes.ts'
import { ALWAYS, isConditionalBranch } from './conditions.ts'
import { takenExtra, type GuestInstruction } from './body.ts'
import { EMITTERS, ends, wordsMoved } from './emitters.ts'

export interface Block {
  /** position in Region.blocks */
  id: number
  start: number
  instructions: GuestInstruction[]
  /** the index after the last instruction, where control goes if it does not branch; undefined where it always does */
  next: number | undefined
  /** where the last instruction branches to, undefined where it does not or nobody knows */
  target: number | undefined
  /** translated code may be entered here */
  entry: boolean
  /** the budget is looked at here: it must hold more than `bound` cycles */
  checked: boolean
  bound: number
}

export interface Region {
  blocks: Block[]
  byStart: ReadonlyMap<number, Block>
  usesFpu: boolean
  /** of its instructions */
  indices: number[]
  /** halfwords that it was made from */
  first: number
  last: number
}

const MAX_INSTRUCTIONS = 1500
const MAX_BLOCKS = 512
const MAX_BLOCK = 64
/** The budget is looked at at least once in so many cycles. */
const MAX_BOUND = 250
const DIVIDE_EXTRA = 10

const isDirectBranch = (op: number) => op === OP.B || isConditionalBranch(op)
const usesFpu = (op: number) => (op >= FIRST_VFP && op < FIRST_COLD) || (op >= OP.VLDR && op <= OP.VMRS_APSR)

export interface RegionSite {
  memory: Memory
  code: CodeCache
  /** undefined where memory takes no time */
  timing: MemoryTiming | undefined
}

/** Undefined when there is nothing to gain. */
export function findRegion({ memory, code, timing }: RegionSite, start: number, base: number): Region | undefined {
  const instructions = reachable(memory, code, start, base)
  if (instructions.size === 0) return undefined
  const { starts, entries } = boundaries(instructions, start)
  const blocks = makeBlocks(instructions, starts)
  const byStart = new Map(blocks.map((block) => [block.start, block]))
  for (const block of blocks) block.entry = entries.has(block.start) && code.it[block.start] === 0
  // From within a loop there is a way to its head, and without this entry the loop is simpler.
  const first = byStart.get(start)
  if (first !== undefined && isInsideLoop(first, blocks, byStart)) first.entry = false
  if (!blocks.some(({ entry }) => entry)) return undefined
  placeChecks(blocks, byStart, timing)
  const list = [...instructions.values()]
  return {
    blocks,
    byStart,
    usesFpu: list.some(({ op }) => usesFpu(op)),
    indices: list.map(({ index }) => index),
    first: Math.min(...list.map(({ index }) => index)),
    last: Math.max(...list.map(({ index, length }) => index + length - 1)),
  }
}

function decode(memory: Memory, code: CodeCache, index: number, base: number): GuestInstruction | undefined {
  const address = (2 * index + base) >>> 0
  if (memory.fetchOffset(address) !== 2 * index) return undefined
  if (code.words[index] === 0) code.decode(index, address)
  const word = code.decoded(index)
  return {
    index,
    word,
    op: word & 511,
    a: (word >>> 9) & 15,
    b: (word >>> 13) & 15,
    c: (word >>> 17) & 15,
    d: (word >>> 27) & 15,
    imm: code.immediates[index]!,
    length: 1 + ((word >>> 21) & 1),
    cycles: (word >>> 22) & 31,
    condition: word < 0 ? code.it[index]! >>> 4 : ALWAYS,
  }
}

/** Instructions that can be translated, by index; those that can't are left out, what follows them is not. */
function reachable(memory: Memory, code: CodeCache, start: number, base: number): Map<number, GuestInstruction> {
  const found = new Map<number, GuestInstruction>()
  const seen = new Set<number>()
  const waiting = [start]
  while (waiting.length > 0 && seen.size < MAX_INSTRUCTIONS) {
    let at: number | undefined = waiting.pop()
    while (at !== undefined && !seen.has(at) && seen.size < MAX_INSTRUCTIONS) {
      seen.add(at)
      const instruction = decode(memory, code, at, base)
      if (instruction === undefined) break
      const translatable = EMITTERS[instruction.op] !== undefined || isDirectBranch(instruction.op)
      if (translatable) found.set(at, instruction)
      else if (!continues(instruction.op)) break
      if (isDirectBranch(instruction.op)) waiting.push(instruction.imm)
      const leaves = ends(instruction) && instruction.condition >= ALWAYS && !comesBack(instruction.op)
      at = leaves ? undefined : at + instruction.length
    }
  }
  return found
}

/** A call's return brings control to what follows. */
const comesBack = (op: number) => op === OP.BL || op === OP.BLX
/** Whether what follows an instruction that only the interpreter can do is likely to be executed after it. */
const NEVER_CONTINUES = new Set([OP.LDR_PC, OP.MOV_PC, OP.ADD_PC, OP.B_FAR, OP.UNDEFINED, OP.FETCH_FAULT])
const continues = (op: number) => !NEVER_CONTINUES.has(op)

function isInsideLoop({ id }: Block, blocks: readonly Block[], byStart: ReadonlyMap<number, Block>): boolean {
  return blocks.some((block) => {
    const head = block.target === undefined ? undefined : byStart.get(block.target)
    return head !== undefined && head.id < id && id <= block.id && head.entry
  })
}

/** Where blocks start, and which of the starts control reaches from outside. */
function boundaries(instructions: ReadonlyMap<number, GuestInstruction>, start: number) {
  const starts = new Set([start])
  const entries = new Set([start])
  for (const instruction of instructions.values()) {
    const { index, op, length, imm } = instruction
    const next = index + length
    if (isDirectBranch(op)) {
      starts.add(imm).add(next)
      // A loop's head: the interpreter finds its way in here.
      if (imm <= index) entries.add(imm)
    } else if (ends(instruction)) {
      starts.add(next)
      if (comesBack(op)) entries.add(next)
    }
  }
  // What follows an instruction that was left out.
  const lengths = new Map([...instructions.values()].map(({ index, length }) => [index + length, index]))
  for (const index of instructions.keys()) {
    if (lengths.has(index) || starts.has(index)) continue
    starts.add(index)
    entries.add(index)
  }
  return { starts, entries }
}

function makeBlocks(instructions: ReadonlyMap<number, GuestInstruction>, starts: Set<number>): Block[] {
  const blocks: Block[] = []
  const waiting = [...starts].filter((start) => instructions.has(start)).sort((x, y) => x - y)
  for (let position = 0; position < waiting.length && blocks.length < MAX_BLOCKS; position++) {
    const start = waiting[position]!
    const list: GuestInstruction[] = []
    let at = start
    let last: GuestInstruction
    do {
      last = instructions.get(at)!
      list.push(last)
      at += last.length
    } while (
      !isDirectBranch(last.op) &&
      !ends(last) &&
      instructions.has(at) &&
      !starts.has(at) &&
      list.length < MAX_BLOCK
    )
    if (
      list.length === MAX_BLOCK &&
      instructions.has(at) &&
      !starts.has(at) &&
      !isDirectBranch(last.op) &&
      !ends(last)
    ) {
      starts.add(at)
      waiting.splice(position + 1, 0, at)
    }
    const always = last.condition >= ALWAYS
    const leaves = (last.op === OP.B || ends(last)) && always
    blocks.push({
      id: blocks.length,
      start,
      instructions: list,
      next: leaves ? undefined : at,
      target: isDirectBranch(last.op) ? last.imm : undefined,
      entry: false,
      checked: false,
      bound: 0,
    })
  }
  return blocks
}

/** The most cycles that a block can take. */
function cost({ instructions }: Block, timing: MemoryTiming | undefined): number {
  let cycles = 0
  let line: number | undefined
  for (const instruction of instructions) {
    const { index, op, cycles: own } = instruction
    cycles += Math.max(1, own)
    if (op === OP.SDIV || op === OP.UDIV) cycles += DIVIDE_EXTRA
    if (op === OP.LDM) cycles += BRANCH_REFILL
    if (isConditionalBranch(op)) cycles += Math.max(0, takenExtra(instruction))
    if (timing === undefined) continue
    const { most, lineBits } = timing
    const lineBefore = line
    line = (2 * index) >> lineBits
    if (line !== lineBefore) cycles += most.fetch
    // The second half of a branch.
    if (isDirectBranch(op) || ends(instruction)) cycles += most.fetch
    const { loads, stores } = wordsMoved(instruction)
    cycles += loads * most.load + stores * most.store
  }
  return cycles
}

/**
 * The budget is looked at where control can enter and where loops close; what is looked for is enough for every path
 * to the next such place. Thus no instruction starts in translated code that the interpreter would not have started.
 */
function placeChecks(blocks: Block[], byStart: ReadonlyMap<number, Block>, timing: MemoryTiming | undefined): void {
  for (const block of blocks) {
    const target = block.target === undefined ? undefined : byStart.get(block.target)
    if (block.entry) block.checked = true
    if (target !== undefined && target.id <= block.id) target.checked = true
  }
  for (const block of [...blocks].reverse()) {
    const after = [block.next, block.target].map((start) => (start === undefined ? undefined : byStart.get(start)))
    const follow = Math.max(0, ...after.map((next) => (next === undefined || next.checked ? 0 : next.bound)))
    block.bound = cost(block, timing) + follow
    if (block.bound > MAX_BOUND) block.checked = true
  }
}
