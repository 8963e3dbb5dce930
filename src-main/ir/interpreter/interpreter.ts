// The reference interpreter. int8 ops follow TensorFlow Lite Micro's reference kernels bit for bit; float32 ops
// accumulate in double. QUANTIZE and DEQUANTIZE cross between the two, so one graph may hold both.

import { AppError } from '../../base/errors.ts'
import { checkGraph } from '../check.ts'
import { elementCount, tensorBytes, type Graph, type Op, type TensorData, type TensorId } from '../graph.ts'
import { allocateTensor, tensorAt } from '../tensor-access.ts'
import { prepareArithmeticFloat, prepareExtremumFloat, preparePreluFloat } from './float-binary.ts'
import { prepareConvolutionFloat, prepareFullyConnectedFloat } from './float-convolution.ts'
import { preparePoolFloat } from './float-pool.ts'
import { prepareMeanFloat, prepareSoftmaxFloat } from './float-reductions.ts'
import { prepareLeakyReluFloat, prepareReluFloat, prepareUnaryFloat } from './float-unary.ts'
import { prepareAddInt8 } from './int8-add.ts'
import { prepareConv2DInt8, prepareFullyConnectedInt8 } from './int8-convolution.ts'
import { prepareDepthwiseConv2DInt8 } from './int8-depthwise-convolution.ts'
import { prepareExtremumInt8 } from './int8-extremum.ts'
import { prepareLookupInt8 } from './int8-lookup.ts'
import { prepareMeanInt8 } from './int8-mean.ts'
import { prepareMulInt8 } from './int8-mul.ts'
import { preparePoolInt8 } from './int8-pool.ts'
import { preparePreluInt8 } from './int8-prelu.ts'
import { prepareReluInt8, prepareRequantizeInt8 } from './int8-rescale.ts'
import { prepareSoftmaxInt8 } from './int8-softmax.ts'
import type { Kernel } from './kernel.ts'
import { prepareDequantize, prepareQuantize } from './quantize.ts'
import { prepareMove, preparePad, prepareReshape } from './rearrange.ts'

export interface Interpreter {
  /**
   * One inference. `inputs` are in the order of graph.inputs, each of its tensor's type and element count
   * (INPUT_SIZE_WRONG otherwise). `onTensor` sees every op's output as it is made; copy what you want to keep, the next
   * run overwrites it. The tensors returned are the caller's own.
   */
  run(inputs: readonly TensorData[], onTensor?: (id: TensorId, data: TensorData) => void): TensorData[]
  /** One op alone: its outputs. `inputs` hold its non-constant inputs, in order. */
  runOp(index: number, inputs: readonly TensorData[]): TensorData[]
}

/** More than any model for a microcontroller, less than what would bring this machine down. */
const MAX_TENSOR_BYTES = 2 ** 30

/** Checks and prepares a graph once, to run it many times. Throws MODEL_INVALID or MODEL_TOO_LARGE. */
export function createInterpreter(graph: Graph): Interpreter {
  checkGraph(graph)
  const bytes = graph.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
  if (bytes > MAX_TENSOR_BYTES)
    throw new AppError('MODEL_TOO_LARGE', `The tensors of ${graph.name} take ${bytes} bytes, more than a gigabyte.`)
  const kernels = graph.ops.map((op) => prepareKernel(graph, op))
  const buffers = graph.tensors.map((tensor) => tensor.data ?? allocateTensor(tensor, elementCount(tensor.shape)))

  const load = (id: TensorId, values: TensorData | undefined) => {
    const buffer = buffers[id]!
    if (values?.constructor !== buffer.constructor || values.length !== buffer.length) {
      const { name, dtype, shape } = tensorAt(graph, id)
      const given = values === undefined ? 'nothing' : `${values.length} values of ${values.constructor.name}`
      throw new AppError('INPUT_SIZE_WRONG', `${name} takes ${dtype} [${shape.join(', ')}], given ${given}.`)
    }
    copyInto(buffer, values)
  }

  return {
    run(inputs, onTensor) {
      graph.inputs.forEach((id, i) => load(id, inputs[i]))
      graph.ops.forEach((op, i) => {
        kernels[i]!(buffers)
        if (onTensor !== undefined) for (const id of op.outputs) onTensor(id, buffers[id]!)
      })
      return graph.outputs.map((id) => buffers[id]!.slice())
    },
    runOp(index, inputs) {
      const op = graph.ops[index]!
      variableInputs(graph, op).forEach((id, i) => load(id, inputs[i]))
      kernels[index]!(buffers)
      return op.outputs.map((id) => buffers[id]!.slice())
    },
  }
}

/** The inputs of an op that are computed, not constant. */
export const variableInputs = (graph: Graph, op: Op): TensorId[] =>
  op.inputs.filter((id) => tensorAt(graph, id).data === undefined)

function copyInto(to: TensorData, from: TensorData): void {
  if (to instanceof BigInt64Array) to.set(from as BigInt64Array)
  else to.set(from as Exclude<TensorData, BigInt64Array>)
}

function prepareKernel(graph: Graph, op: Op): Kernel {
  const int8 = tensorAt(graph, op.inputs[0]).dtype === 'int8'
  switch (op.kind) {
    case 'CONV_2D':
      return int8 ? prepareConv2DInt8(graph, op) : prepareConvolutionFloat(graph, op)
    case 'DEPTHWISE_CONV_2D':
      return int8 ? prepareDepthwiseConv2DInt8(graph, op) : prepareConvolutionFloat(graph, op)
    case 'FULLY_CONNECTED':
      return int8 ? prepareFullyConnectedInt8(graph, op) : prepareFullyConnectedFloat(graph, op)
    case 'ADD':
    case 'SUB':
      return int8 ? prepareAddInt8(graph, op) : prepareArithmeticFloat(graph, op)
    case 'MUL':
      return int8 ? prepareMulInt8(graph, op) : prepareArithmeticFloat(graph, op)
    case 'MINIMUM':
    case 'MAXIMUM':
      return int8 ? prepareExtremumInt8(graph, op) : prepareExtremumFloat(graph, op)
    case 'PRELU':
      return int8 ? preparePreluInt8(graph, op) : preparePreluFloat(graph, op)
    case 'ABS':
    case 'HARD_SWISH':
    case 'LOGISTIC':
    case 'TANH':
      return int8 ? prepareLookupInt8(graph, op) : prepareUnaryFloat(op)
    case 'LEAKY_RELU':
      return int8 ? prepareLookupInt8(graph, op) : prepareLeakyReluFloat(op)
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return int8 ? preparePoolInt8(graph, op) : preparePoolFloat(graph, op)
    case 'MEAN':
      return int8 ? prepareMeanInt8(graph, op) : prepareMeanFloat(graph, op)
    case 'SOFTMAX':
      return int8 ? prepareSoftmaxInt8(graph, op) : prepareSoftmaxFloat(graph, op)
    case 'RELU':
    case 'RELU6':
      return int8 ? prepareReluInt8(graph, op) : prepareReluFloat(op)
    case 'QUANTIZE':
      return int8 ? prepareRequantizeInt8(graph, op) : prepareQuantize(graph, op)
    case 'DEQUANTIZE':
      return prepareDequantize(graph, op)
    case 'RESHAPE':
    case 'SQUEEZE':
    case 'EXPAND_DIMS':
      return prepareReshape(op)
    case 'CONCATENATION':
    case 'SPLIT':
    case 'SPLIT_V':
    case 'TRANSPOSE':
    case 'STRIDED_SLICE':
      return prepareMove(graph, op)
    case 'PAD':
      return preparePad(graph, op)
  }
}
