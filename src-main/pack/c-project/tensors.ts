import { tensorAt } from '../../ir/tensor-access.ts'
import { DTYPE_CODES, type IO, type Values } from '../layout.ts'
import { tensorFunction, tensorMacro } from './names.ts'
import type { ProjectParts } from './project-parts.ts'

/** An input or output as C names it. */
export interface NamedTensor {
  role: 'input' | 'output'
  io: Values<typeof IO>
  /** function that leads to it */
  symbol: string
  macro: string
  cType: 'int8_t' | 'int32_t' | 'float'
  /** for a comment */
  title: string
}

const C_TYPES = new Map<number, NamedTensor['cType']>([
  [DTYPE_CODES.int8, 'int8_t'],
  [DTYPE_CODES.int32, 'int32_t'],
])

/** Inputs, then outputs, each in the model's order. */
export function modelTensors({ name, plan, model }: ProjectParts): NamedTensor[] {
  return (['input', 'output'] as const).flatMap((role) => {
    const [ios, ids] = role === 'input' ? [model.inputs, plan.graph.inputs] : [model.outputs, plan.graph.outputs]
    return ios.map((io, i): NamedTensor => {
      const tensor = tensorAt(plan.graph, ids[i])
      return {
        role,
        io,
        symbol: `${name}_${tensorFunction(role, i, ios.length)}`,
        macro: tensorMacro(name, role, i, ios.length),
        cType: C_TYPES.get(io.dtype) ?? 'float',
        title: `${role} ${commentSafe(tensor.name)}: ${tensor.dtype} [${tensor.shape.join(', ')}]`,
      }
    })
  })
}

/** Whatever a model calls its tensors, it ends no comment and begins no other. */
const commentSafe = (text: string): string => text.replace(/[^A-Za-z0-9 _.:;()[\]-]/g, '_').slice(0, 80)
