import { expect, test } from 'vitest'
import { bytes } from '../../src-main/base/units.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { checkBudget, planModel } from '../../src-main/plan/plan.ts'
import { mixedNetwork } from './mixed-network.ts'

const board = findBoardData('stm32f407')!
const graph = mixedNetwork(41, board.id)
const planWith = (kernelStack?: number, kernels: 'generated' | 'plain' = 'generated') =>
  planModel(graph, kernelStack === undefined ? board : { ...board, kernelStack: bytes(kernelStack) }, { kernels })

const stackOf = (plan: ReturnType<typeof planWith>) =>
  plan.kernels.map((kernel) => (kernel.source === 'generated' ? kernel.emitted.kernel.stackBytes : 0))

test('a plan needs the stack of its deepest kernel, and names whose that is', () => {
  const plan = planWith(4096)
  const depths = stackOf(plan)
  expect(plan.stack.needed).toBe(Math.max(...depths))
  expect(depths[plan.stack.deepestOp!]).toBe(plan.stack.needed)
  expect(plan.stack).toMatchObject({ available: 4096, over: 0 })
  expect(plan.stack.needed).toBeGreaterThan(0)
  expect(() => checkBudget(plan)).not.toThrow()
})

test('what fits to the byte is taken, one byte less is refused by name', () => {
  const { needed, deepestOp } = planWith(4096).stack
  expect(planWith(needed).fits).toBe(true)
  const tight = planWith(needed - 1)
  expect(tight).toMatchObject({ fits: false, stack: { needed, available: needed - 1, over: 1, deepestOp } })
  const kind = graph.ops[deepestOp!]!.kind
  expect(() => checkBudget(tight)).toThrowError(
    expect.objectContaining({
      code: 'STACK_TOO_SMALL',
      message: expect.stringContaining(`op ${deepestOp}, ${kind}, needs ${needed} B of stack, 1 B more`) as string,
    }),
  )
})

test('C kernels have theirs from the firmware, and nothing is checked where it is not known what there is', () => {
  expect(planWith(0, 'plain')).toMatchObject({ fits: true, stack: { needed: 0, over: 0, deepestOp: null } })
  expect(planWith()).toMatchObject({ fits: true, stack: { available: null, over: 0 } })
})
