import { elementCount, type Graph, type Op } from '../graph.ts'
import { broadcastStrides, sameShape } from '../shapes.ts'
import { tensorAt } from '../tensor-access.ts'

type Visit = (a: number, b: number, output: number) => void

/** The walk over an op's output and its two inputs. */
export const binaryWalk = (graph: Graph, op: Op) =>
  broadcastPairs(
    tensorAt(graph, op.inputs[0]).shape,
    tensorAt(graph, op.inputs[1]).shape,
    tensorAt(graph, op.outputs[0]).shape,
  )

/** Walks the output in order and says which element of each input belongs to it. */
function broadcastPairs(
  shapeA: readonly number[],
  shapeB: readonly number[],
  output: readonly number[],
): (visit: Visit) => void {
  const count = elementCount(output)
  if (sameShape(shapeA, shapeB))
    return (visit) => {
      for (let i = 0; i < count; i++) visit(i, i, i)
    }
  const stridesA = broadcastStrides(shapeA, output)
  const stridesB = broadcastStrides(shapeB, output)
  return (visit) => {
    const index = new Array<number>(output.length).fill(0)
    let a = 0
    let b = 0
    for (let i = 0; i < count; i++) {
      visit(a, b, i)
      for (let axis = output.length - 1; axis >= 0; axis--) {
        a += stridesA[axis]!
        b += stridesB[axis]!
        if (++index[axis]! < output[axis]!) break
        a -= stridesA[axis]! * output[axis]!
        b -= stridesB[axis]! * output[axis]!
        index[axis] = 0
      }
    }
  }
}
