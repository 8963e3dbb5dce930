// LiteRT's WebAssembly interpreter in Node: an arithmetic that is not ours. The package's own loader wants a browser,
// so its Emscripten glue is driven directly; the package calls itself ESM while the glue is CommonJS, hence the copy.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TensorData } from '../../src-main/ir/graph.ts'

interface Deletable {
  delete(): void
}
interface TensorType extends Deletable {
  bytes(): number
}
interface TensorBuffer extends Deletable {
  lock(mode: unknown): number
  unlock(): void
  packedSize(): number
}
interface LiteRtModel extends Deletable {
  getInputTensorType(signature: number, index: number): TensorType
}
interface CompiledModel extends Deletable {
  run(signature: number, inputs: TensorBuffer[]): Promise<TensorBuffer[]>
}
interface LiteRtModule {
  HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _free(address: number): void
  LiteRtEnvironment: { create(options: null): unknown }
  LiteRtTensorBufferLockMode: { READ: unknown; WRITE: unknown }
  LiteRtTensorBufferType: { HOST_MEMORY: unknown }
  LiteRtTensorBuffer: {
    createManaged(environment: unknown, type: unknown, tensor: TensorType, bytes: number): TensorBuffer
  }
  loadModel(environment: unknown, address: number, bytes: number): LiteRtModel
  compileModel(environment: unknown, model: LiteRtModel, options: { accelerator: 'wasm' }): Promise<CompiledModel>
}

export interface LiteRt {
  /** Loads a .tflite file, runs it once on raw input tensors and gives the raw bytes of its outputs. */
  run(file: Uint8Array, inputs: readonly TensorData[]): Promise<Uint8Array[]>
}

export async function startLiteRt(): Promise<LiteRt> {
  const require = createRequire(import.meta.url)
  const wasm = join(dirname(require.resolve('@litertjs/core/package.json')), 'wasm')
  const folder = mkdtempSync(join(tmpdir(), 'litert-'))
  const glue = join(folder, 'litert.cjs')
  copyFileSync(join(wasm, 'litert_wasm_compat_internal.js'), glue)
  const start = require(glue) as (options: {
    wasmBinary: Uint8Array
    print: unknown
    printErr: unknown
  }) => Promise<LiteRtModule>
  rmSync(folder, { recursive: true })
  const silent = () => undefined
  const wasmBinary = readFileSync(join(wasm, 'litert_wasm_compat_internal.wasm'))
  const litert = await start({ wasmBinary, print: silent, printErr: silent })
  const environment = litert.LiteRtEnvironment.create(null)
  const { READ, WRITE } = litert.LiteRtTensorBufferLockMode

  return {
    async run(file, inputs) {
      const address = litert._malloc(file.length)
      litert.HEAPU8.set(file, address)
      const owned: Deletable[] = []
      const own = <T extends Deletable>(object: T): T => {
        owned.unshift(object)
        return object
      }
      try {
        const model = own(litert.loadModel(environment, address, file.length))
        const compiled = own(await litert.compileModel(environment, model, { accelerator: 'wasm' }))
        const buffers = inputs.map((data, i) => {
          const type = own(model.getInputTensorType(0, i))
          const { HOST_MEMORY } = litert.LiteRtTensorBufferType
          const buffer = own(litert.LiteRtTensorBuffer.createManaged(environment, HOST_MEMORY, type, type.bytes()))
          const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
          if (bytes.length !== type.bytes()) throw new Error(`LiteRT takes ${type.bytes()} bytes, not ${bytes.length}`)
          litert.HEAPU8.set(bytes, buffer.lock(WRITE))
          buffer.unlock()
          return buffer
        })
        return (await compiled.run(0, buffers)).map((output) => {
          own(output)
          const at = output.lock(READ)
          const bytes = litert.HEAPU8.slice(at, at + output.packedSize())
          output.unlock()
          return bytes
        })
      } finally {
        for (const object of owned) object.delete()
        litert._free(address)
      }
    },
  }
}
