// A small int8 network that uses every op once or more, float32 at both ends: for tests of whole models.

import { createRng } from '../../src-main/base/rng.ts'
import {
  elementCount,
  type Graph,
  type Op,
  type Quantization,
  type Tensor,
  type TensorId,
} from '../../src-main/ir/graph.ts'
import { opRow } from '../../src-main/ir/op-table.ts'

type Attributes<O = Op> = O extends Op ? Omit<O, 'inputs' | 'outputs'> : never

/** [1, 9, 8, 3] float32 in, [1, 5] float32 probabilities out. The seed draws weights, scales and zero points. */
export function smallNetwork(seed: number): Graph {
  const rng = createRng(seed).fork('small network')
  const tensors: Tensor[] = []
  const ops: Op[] = []
  const add = (tensor: Tensor) => tensors.push(tensor) - 1
  const activation = (): Quantization => ({
    scale: [Math.fround(rng.uniform(0.02, 0.08))],
    zeroPoint: [rng.int(64) - 32],
    axis: 0,
  })

  /** an op on `inputs`; `quantization` undefined makes its output float32, 'same' takes its input's */
  function apply(
    op: Attributes,
    inputs: TensorId[],
    quantization: Quantization | 'same' | undefined,
    shape?: number[],
  ) {
    const full = { ...op, inputs, outputs: [tensors.length] } as Op
    const shapes = inputs.map((id) => tensors[id]!.shape)
    const q = quantization === 'same' ? tensors[inputs[0]!]!.quantization : quantization
    ops.push(full)
    return add({
      name: `t${tensors.length}`,
      shape: opRow(full).shape(full, shapes, shape ?? [])!,
      ...(q === undefined ? { dtype: 'float32' } : { dtype: 'int8', quantization: q }),
    })
  }

  function weighted(op: Attributes, input: TensorId, shape: number[], axis: number, perChannel: boolean): TensorId {
    const channels = shape[axis]!
    const scale = Array.from({ length: perChannel ? channels : 1 }, () => Math.fround(rng.uniform(0.002, 0.01)))
    const zeroPoint = scale.map(() => 0)
    const weights = Int8Array.from({ length: elementCount(shape) }, () => rng.int(255) - 127)
    const inputScale = tensors[input]!.quantization!.scale[0]!
    const ids = [
      input,
      add({
        name: `w${tensors.length}`,
        shape,
        dtype: 'int8',
        data: weights,
        quantization: { scale, zeroPoint, axis: perChannel ? axis : 0 },
      }),
      add({
        name: `b${tensors.length}`,
        shape: [channels],
        dtype: 'int32',
        data: Int32Array.from({ length: channels }, () => rng.int(2001) - 1000),
        quantization: { scale: scale.map((s) => Math.fround(s * inputScale)), zeroPoint, axis: 0 },
      }),
    ]
    return apply(op, ids, activation())
  }

  const window = { strideH: 1, strideW: 1, padding: 'same', activation: 'none' } as const
  const dilation = { dilationH: 1, dilationW: 1 }
  const input = add({ name: 'input', shape: [1, 9, 8, 3], dtype: 'float32' })
  let x = apply({ kind: 'QUANTIZE' }, [input], activation())
  x = apply({ kind: 'PAD', paddings: [[0, 0], [1, 0], [0, 1], [0, 0]] }, [x], 'same') // prettier-ignore
  x = weighted({ kind: 'CONV_2D', ...window, ...dilation, strideH: 2, activation: 'relu' }, x, [6, 3, 3, 3], 0, true)
  const skip = x
  x = weighted({ kind: 'DEPTHWISE_CONV_2D', ...window, ...dilation, multiplier: 1 }, x, [1, 3, 3, 6], 3, true)
  x = apply({ kind: 'RELU6' }, [x], activation())
  x = apply({ kind: 'ADD', activation: 'relu' }, [x, skip], activation())
  x = apply({ kind: 'MAX_POOL_2D', ...window, filterH: 2, filterW: 2, padding: 'valid' }, [x], 'same')
  x = apply({ kind: 'AVERAGE_POOL_2D', ...window, filterH: 3, filterW: 2, strideW: 2 }, [x], 'same')
  x = apply({ kind: 'RELU' }, [x], activation())
  x = apply({ kind: 'MEAN', axes: [1], keepDims: false }, [x], activation())
  x = apply({ kind: 'QUANTIZE' }, [x], activation())
  x = apply({ kind: 'RESHAPE' }, [x], 'same', [1, elementCount(tensors[x]!.shape)])
  const features = tensors[x]!.shape[1]!
  x = weighted({ kind: 'FULLY_CONNECTED', activation: 'none', keepNumDims: false }, x, [5, features], 0, false)
  x = apply({ kind: 'SOFTMAX', beta: 1 }, [x], { scale: [1 / 256], zeroPoint: [-128], axis: 0 })
  x = apply({ kind: 'DEQUANTIZE' }, [x], undefined)
  return { name: 'small-network', tensors, ops, inputs: [input], outputs: [x] }
}
