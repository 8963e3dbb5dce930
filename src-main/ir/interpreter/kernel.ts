import type { TensorData } from '../graph.ts'

/** One prepared op: reads and writes the graph's buffers, indexed by tensor id. */
export type Kernel = (buffers: readonly TensorData[]) => void
