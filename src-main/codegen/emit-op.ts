// From an op of the graph to the kernel that is emitted for it, where one fits: the activations before and after it are
// NHWC int8.

import { AppError } from '../base/errors.ts'
import {
  elementCount,
  type Add,
  type Conv2D,
  type DepthwiseConv2D,
  type FullyConnected,
  type Mean,
  type Pool2D,
} from '../ir/graph.ts'
import type { Graph, Op, TensorId } from '../ir/graph.ts'
import { addParams, convolutionParams, fullyConnectedShape, meanParams, poolParams } from '../ir/quantized-params.ts'
import { shape4, windowGeometry } from '../ir/shapes.ts'
import { constantOf, tensorAt } from '../ir/tensor-access.ts'
import { emitAdd } from './kernels/add.ts'
import { emitDepthwise, fitsDepthwise, type DepthwiseLayer } from './kernels/depthwise.ts'
import { emitDepthwiseWindow, fitsDepthwiseWindow } from './kernels/depthwise-window.ts'
import { emitDirectConvolution, fitsDirectConvolution } from './kernels/direct-convolution.ts'
import { emitFullyConnected } from './kernels/fully-connected.ts'
import type { EmittedKernel, WeightForm } from './kernels/kernel.ts'
import { planarLayout } from './kernels/planar.ts'
import { emitPointwise, fitsPointwise, pointwiseWorksInPlace, type PointwiseLayer } from './kernels/pointwise.ts'
import { emitPool, fitsPool, type PoolLayer } from './kernels/pool.ts'
import { emitWinograd, fitsWinograd, winogradPays } from './kernels/winograd.ts'
import { winogradWorksInPlace } from './kernels/winograd-input.ts'

export interface EmittedOp {
  family: 'pointwise' | 'direct-convolution' | 'winograd' | 'depthwise' | 'fully-connected' | 'add' | 'pool'
  kernel: EmittedKernel
  /** whether the output may lie where the first input does */
  inPlace: boolean
}

/** A kernel that an op may be asked for, in what its families have a choice. */
export interface KernelVariant {
  weights: WeightForm
  way: 'usual' | 'winograd' | 'without scratch'
}

/** What to ask for, the fewest instructions first; an op without a choice has one. */
export function variantsOf(op: Op): readonly KernelVariant[] {
  switch (op.kind) {
    case 'CONV_2D':
      return [{ weights: 'int16', way: 'winograd' }, ...FORMS.map((weights) => ({ weights, way: 'usual' }) as const)]
    case 'FULLY_CONNECTED':
      return FORMS.flatMap((weights) => (['usual', 'without scratch'] as const).map((way) => ({ weights, way })))
    default:
      return [{ weights: 'int16', way: 'usual' }]
  }
}

const FORMS: readonly WeightForm[] = ['int16', 'packed8']

/** Undefined where no emitter fits the op or its accumulators can't be proved. Throws what reading the op's constants does. */
export function emitOp(graph: Graph, op: Op, variant: KernelVariant): EmittedOp | undefined {
  try {
    return emitFitting(graph, op, variant)
  } catch (error) {
    // The packer proves the same sums for the plain kernel and refuses them with the layer's name.
    if (error instanceof AppError && error.code === 'ACCUMULATOR_OVERFLOW') return undefined
    throw error
  }
}

function emitFitting(graph: Graph, op: Op, variant: KernelVariant): EmittedOp | undefined {
  switch (op.kind) {
    case 'CONV_2D':
      return isActivation(graph, op.inputs[0]) ? emitConvolution(graph, op, variant) : undefined
    case 'DEPTHWISE_CONV_2D':
      return isActivation(graph, op.inputs[0]) ? emitDepthwiseOp(graph, op) : undefined
    case 'FULLY_CONNECTED':
      return isActivation(graph, op.inputs[0]) ? emitMatrix(graph, op, variant) : undefined
    case 'ADD':
      return emitAddOp(graph, op)
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return emitPoolOp(graph, op)
    case 'MEAN':
      return emitMeanOp(graph, op)
    default:
      return undefined
  }
}

const isActivation = (graph: Graph, id: TensorId | undefined) => tensorAt(graph, id).data === undefined

const apart = (family: EmittedOp['family'], kernel: EmittedKernel): EmittedOp => ({ family, kernel, inPlace: false })

const weightsAndParams = (graph: Graph, op: Conv2D | DepthwiseConv2D | FullyConnected) => ({
  weights: constantOf(graph, op.inputs[1], Int8Array),
  params: convolutionParams(graph, op),
})

function emitConvolution(graph: Graph, op: Conv2D, { weights, way }: KernelVariant): EmittedOp | undefined {
  if (way === 'winograd') return emitWinogradOp(graph, op)
  const geometry = windowGeometry(graph, op)
  const { batches, filterH, filterW, strideH, strideW, outputH, outputW, inputC, outputC } = geometry
  const layer = weightsAndParams(graph, op)
  const pointwise = {
    pixels: batches * outputH * outputW,
    inputChannels: inputC,
    outputChannels: outputC,
    ...layer,
  }
  if (filterH * filterW * strideH * strideW === 1 && fitsPointwise(pointwise))
    return emitPointwiseOp(pointwise, weights)
  const direct = { geometry, ...layer }
  return fitsDirectConvolution(direct)
    ? apart('direct-convolution', emitDirectConvolution(direct, { weights }))
    : undefined
}

function emitWinogradOp(graph: Graph, op: Conv2D): EmittedOp | undefined {
  const layer = { geometry: windowGeometry(graph, op), ...weightsAndParams(graph, op) }
  if (!fitsWinograd(layer) || !winogradPays(layer)) return undefined
  const kernel = emitWinograd(layer)
  return kernel && { family: 'winograd', kernel, inPlace: winogradWorksInPlace(layer.geometry) }
}

const emitPointwiseOp = (layer: PointwiseLayer, weights: WeightForm): EmittedOp => ({
  family: 'pointwise',
  kernel: emitPointwise(layer, { weights }),
  inPlace: pointwiseWorksInPlace(layer),
})

function emitMatrix(graph: Graph, op: FullyConnected, { weights, way }: KernelVariant): EmittedOp | undefined {
  const { batches, inputs, outputs } = fullyConnectedShape(graph, op)
  const layer = weightsAndParams(graph, op)
  if (batches === 1) {
    const widensOnce = way !== 'without scratch'
    if (!widensOnce && inputs % 4 > 0) return undefined
    return apart('fully-connected', emitFullyConnected({ inputs, outputs, ...layer }, { weights, widensOnce }))
  }
  const pointwise = { pixels: batches, inputChannels: inputs, outputChannels: outputs, ...layer }
  return fitsPointwise(pointwise) ? emitPointwiseOp(pointwise, weights) : undefined
}

/** 3x3 windows of stride 1 or 2 without dilation or multiplier have a kernel of their own. */
function emitDepthwiseOp(graph: Graph, op: DepthwiseConv2D): EmittedOp | undefined {
  return emitDepthwise3x3(graph, op) ?? emitAnyDepthwise(graph, op)
}

function emitAnyDepthwise(graph: Graph, op: DepthwiseConv2D): EmittedOp | undefined {
  const layer = { geometry: windowGeometry(graph, op), ...weightsAndParams(graph, op) }
  if (!fitsDepthwiseWindow(layer)) return undefined
  const { inputC, outputC } = layer.geometry
  return { family: 'depthwise', kernel: emitDepthwiseWindow(layer), inPlace: inputC === outputC }
}

function emitDepthwise3x3(graph: Graph, op: DepthwiseConv2D): EmittedOp | undefined {
  const g = windowGeometry(graph, op)
  const stride = g.strideH === 1 || g.strideH === 2 ? g.strideH : undefined
  const is3x3 = g.filterH === 3 && g.filterW === 3 && g.dilationH === 1 && g.dilationW === 1
  if (!is3x3 || stride === undefined || g.strideW !== stride) return undefined
  if (g.batches !== 1 || g.inputC !== g.outputC) return undefined
  const planes = planarLayout({ outputHeight: g.outputH, outputWidth: g.outputW }, stride, {
    top: g.padTop,
    left: g.padLeft,
  })
  const layer = {
    ...{ planes, channels: g.outputC, inputHeight: g.inputH, inputWidth: g.inputW },
    ...{ outputHeight: g.outputH, outputWidth: g.outputW, stride, ...weightsAndParams(graph, op) },
  } satisfies DepthwiseLayer
  if (!fitsDepthwise(layer)) return undefined
  return { family: 'depthwise', kernel: emitDepthwise(layer), inPlace: true }
}

/** Two activations of one shape: broadcasts and constants are the plain kernel's. */
function emitAddOp(graph: Graph, op: Add): EmittedOp | undefined {
  const elements = elementCount(tensorAt(graph, op.outputs[0]).shape)
  const isWhole = (id: TensorId | undefined) =>
    isActivation(graph, id) && elementCount(tensorAt(graph, id).shape) === elements
  if (!isWhole(op.inputs[0]) || !isWhole(op.inputs[1])) return undefined
  return { family: 'add', kernel: emitAdd({ elements, params: addParams(graph, op) }), inPlace: true }
}

function emitPoolOp(graph: Graph, op: Pool2D): EmittedOp | undefined {
  const kind = op.kind === 'MAX_POOL_2D' ? 'maximum' : 'average'
  const layer: PoolLayer = { geometry: windowGeometry(graph, op), result: { kind, range: poolParams(graph, op) } }
  return fitsPool(layer) ? apart('pool', emitPool(layer)) : undefined
}

/** Over rows and columns of one image: a window as large as the image. */
function emitMeanOp(graph: Graph, op: Mean): EmittedOp | undefined {
  const { shape } = tensorAt(graph, op.inputs[0])
  if (shape.length !== 4 || op.axes.length !== 2 || op.axes[0] !== 1 || op.axes[1] !== 2) return undefined
  const [batches, inputH, inputW, inputC] = shape4(shape)
  const { multiplier, shift, inputZeroPoint, outputZeroPoint } = meanParams(graph, op)
  const layer: PoolLayer = {
    geometry: {
      ...{ batches, inputH, inputW, inputC, outputH: 1, outputW: 1, outputC: inputC, filterH: inputH, filterW: inputW },
      ...{ strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padTop: 0, padLeft: 0 },
    },
    result: {
      ...{ kind: 'mean', inputZeroPoint },
      requantizer: {
        ...{ multipliers: Int32Array.of(multiplier), shifts: Int32Array.of(shift), outputZeroPoint },
        ...{ activationMin: -128, activationMax: 127 },
      },
    },
  }
  return fitsPool(layer) ? apart('pool', emitPool(layer)) : undefined
}
