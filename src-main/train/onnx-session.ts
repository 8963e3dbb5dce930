import { InferenceSession, Tensor } from 'onnxruntime-node'

export interface OnnxSession {
  run(feeds: Record<string, { data: Float32Array; shape: readonly number[] }>): Promise<Record<string, Float32Array>>
  release(): Promise<void>
}

/**
 * A model in ONNX Runtime's CPU provider. The thread count is fixed, because sums over threads round differently with
 * another count; threads don't spin while idle, since the window and the emulator need the processor as well.
 * `run` blocks the event loop while it computes.
 */
export async function openOnnxSession(model: Uint8Array, threads: number): Promise<OnnxSession> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    run: async (feeds) => {
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)]),
      )
      const results = await session.run(tensors)
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]))
    },
    release: () => session.release(),
  }
}
