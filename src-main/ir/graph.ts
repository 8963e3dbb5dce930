// The intermediate representation: a list of tensors and a list of ops in execution order.
// Everything the app does to a model reads one Graph and returns another; a Graph is never changed in place.
//
// Layouts are TFLite's: activations NHWC; CONV_2D weights [out, kh, kw, in]; DEPTHWISE_CONV_2D weights
// [1, kh, kw, in*multiplier]; FULLY_CONNECTED weights [out, in].

export type DType = 'float32' | 'int8' | 'uint8' | 'int16' | 'int32' | 'int64' | 'bool'

export type TensorData = Float32Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array

export const DTYPE_BYTES: Record<DType, number> = {
  float32: 4,
  int8: 1,
  uint8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
}

/** real = scale * (q - zeroPoint). One entry, or one for each slice along `axis` (per channel). Scales are float32 values. */
export interface Quantization {
  scale: readonly number[]
  zeroPoint: readonly number[]
  axis: number
}

export interface Tensor {
  name: string
  shape: readonly number[]
  dtype: DType
  quantization?: Quantization
  /** constants only */
  data?: TensorData
}

/** An index into Graph.tensors. */
export type TensorId = number

export type Padding = 'same' | 'valid'
export type Activation = 'none' | 'relu' | 'relu6' | 'relu_n1_to_1'

interface OpBase {
  inputs: readonly TensorId[]
  outputs: readonly TensorId[]
}

export interface Conv2D extends OpBase {
  kind: 'CONV_2D' // inputs: x, weights, bias?
  strideH: number
  strideW: number
  dilationH: number
  dilationW: number
  padding: Padding
  activation: Activation
}
export interface DepthwiseConv2D extends OpBase {
  kind: 'DEPTHWISE_CONV_2D' // inputs: x, weights, bias?
  strideH: number
  strideW: number
  dilationH: number
  dilationW: number
  padding: Padding
  multiplier: number
  activation: Activation
}
export interface FullyConnected extends OpBase {
  kind: 'FULLY_CONNECTED' // inputs: x, weights, bias?
  activation: Activation
  keepNumDims: boolean
}
export interface Add extends OpBase {
  kind: 'ADD' // inputs: a, b (broadcast as NumPy does)
  activation: Activation
}
export interface Sub extends OpBase {
  kind: 'SUB' // inputs: a, b (broadcast as NumPy does); a - b
  activation: Activation
}
export interface Mul extends OpBase {
  kind: 'MUL' // inputs: a, b (broadcast as NumPy does)
  activation: Activation
}
export interface Extremum extends OpBase {
  kind: 'MINIMUM' | 'MAXIMUM' // inputs: a, b (broadcast as NumPy does); int8: all three of one scale and zero point
}
/** One value in, one out. */
export interface Unary extends OpBase {
  kind: 'ABS' | 'HARD_SWISH' | 'LOGISTIC' | 'TANH'
}
export interface LeakyRelu extends OpBase {
  kind: 'LEAKY_RELU'
  /** the slope for negative inputs, any float32 */
  alpha: number
}
export interface Prelu extends OpBase {
  kind: 'PRELU' // inputs: x, the slope for negative x (broadcast to x's shape)
}
export interface Pool2D extends OpBase {
  kind: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'
  strideH: number
  strideW: number
  filterH: number
  filterW: number
  padding: Padding
  activation: Activation
}
export interface Mean extends OpBase {
  kind: 'MEAN' // inputs: x; axes are normalised: 0 <= axis < rank, ascending
  axes: readonly number[]
  keepDims: boolean
}
export interface Softmax extends OpBase {
  kind: 'SOFTMAX'
  beta: number
}
export interface Reshape extends OpBase {
  kind: 'RESHAPE' // inputs: x; the output tensor's shape is the shape
}
export interface Relu extends OpBase {
  kind: 'RELU' | 'RELU6'
}
export interface Quantize extends OpBase {
  kind: 'QUANTIZE' // float32 -> int8, or int8 -> int8 with another scale
}
export interface Dequantize extends OpBase {
  kind: 'DEQUANTIZE' // int8 -> float32
}
export interface Pad extends OpBase {
  kind: 'PAD' // inputs: x
  /** [before, after] for each dimension */
  paddings: readonly (readonly [number, number])[]
}
export interface Concatenation extends OpBase {
  kind: 'CONCATENATION' // inputs: one or more, put one behind the other along `axis`
  axis: number
}
export interface Split extends OpBase {
  kind: 'SPLIT' | 'SPLIT_V' // inputs: x; outputs: its pieces along `axis`, in order; those of SPLIT are all of one size
  axis: number
}
export interface Squeeze extends OpBase {
  kind: 'SQUEEZE' // inputs: x; axes of size 1, normalised as MEAN's are
  axes: readonly number[]
}
export interface ExpandDims extends OpBase {
  kind: 'EXPAND_DIMS' // inputs: x; `axis` counts the output's dimensions
  axis: number
}
export interface Transpose extends OpBase {
  kind: 'TRANSPOSE' // inputs: x
  /** for each dimension of the output, the input's dimension that it is */
  permutation: readonly number[]
}
export interface StridedSlice extends OpBase {
  kind: 'STRIDED_SLICE' // inputs: x
  /** for each dimension of x: the first index taken, how many are, and the step from one to the next, which may be negative */
  begin: readonly number[]
  size: readonly number[]
  stride: readonly number[]
  /** dimensions of size 1 that the output does not have */
  shrinkAxes: readonly number[]
}

export type Op =
  | Conv2D
  | DepthwiseConv2D
  | FullyConnected
  | Add
  | Sub
  | Mul
  | Extremum
  | Unary
  | LeakyRelu
  | Prelu
  | Pool2D
  | Mean
  | Softmax
  | Reshape
  | Relu
  | Quantize
  | Dequantize
  | Pad
  | Concatenation
  | Split
  | Squeeze
  | ExpandDims
  | Transpose
  | StridedSlice

export type OpKind = Op['kind']

export interface Graph {
  name: string
  tensors: readonly Tensor[]
  ops: readonly Op[]
  inputs: readonly TensorId[]
  outputs: readonly TensorId[]
}

export const elementCount = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1)

export const tensorBytes = (tensor: Tensor) => elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype]
