// The stack of a model's kernels against what the firmware leaves them. Kernels run one after the other, each called by
// the firmware's loop over the plan, so that the deepest alone counts. What the loop and the C kernels take is the
// firmware's own: it is reserved in its linker script.

import { AppError } from '../base/errors.ts'
import { bytes, type Bytes } from '../base/units.ts'
import type { Graph } from '../ir/graph.ts'
import type { KernelChoice } from './planned-kernel.ts'

export interface StackFit {
  /** of the deepest generated kernel, what it saves included */
  needed: Bytes
  /** what the firmware leaves; null: not known, nothing is checked */
  available: Bytes | null
  /** 0 where it fits */
  over: Bytes
  /** whose kernel that is; null where none was generated */
  deepestOp: number | null
}

export function stackFit(choices: readonly KernelChoice[], available: Bytes | undefined): StackFit {
  let needed = 0
  let deepestOp: number | null = null
  for (const [index, choice] of choices.entries()) {
    const own = choice.source === 'generated' ? choice.emitted.kernel.stackBytes : 0
    if (own > needed) {
      needed = own
      deepestOp = index
    }
  }
  const over = available === undefined ? 0 : Math.max(0, needed - available)
  return { needed: bytes(needed), available: available ?? null, over: bytes(over), deepestOp }
}

interface StackPlan {
  graph: Graph
  target: { board: string }
  kernels: readonly KernelChoice[]
  stack: StackFit
}

/** Throws STACK_TOO_SMALL naming the op and its kernel. */
export function checkStack({ graph, target, kernels, stack }: StackPlan): void {
  const { needed, available, over, deepestOp } = stack
  if (over === 0 || deepestOp === null) return
  const kernel = kernels[deepestOp]!
  const family = kernel.source === 'generated' ? kernel.emitted.family : kernel.source
  throw new AppError(
    'STACK_TOO_SMALL',
    `The kernel ${family} of op ${deepestOp}, ${graph.ops[deepestOp]!.kind}, needs ${needed} B of stack, ` +
      `${over} B more than the ${available} B that the firmware leaves on ${target.board}.`,
    { context: { needed_bytes: needed, available_bytes: available, op: deepestOp } },
  )
}
