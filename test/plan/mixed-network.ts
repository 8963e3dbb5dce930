// A random network whose plan has kernels of both kinds: machine code for some layers, C for others.

import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { randomNetwork } from '../firmware/random-networks.ts'

/** The first one from `seed` on with a plain kernel and at least two generated ones. */
export function mixedNetwork(seed: number, board: string): Graph {
  for (; ; seed++) {
    const { graph } = randomNetwork(createRng(seed))
    const { kernels } = planModel(graph, findBoardData(board)!, { kernels: 'generated' })
    const generated = kernels.filter(({ source }) => source === 'generated').length
    if (generated >= 2 && generated < kernels.length) return graph
  }
}
