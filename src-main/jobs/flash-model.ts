import { withFlashedModel, type BoardPlace } from './flashed-model.ts'
import { readModelFile } from './read-model-file.ts'
import type { Standalone } from './standalone.ts'

/** Brings a model and the firmware onto a board; what was written, verified and reset, each by itself. */
export function flashModel({ file, ...place }: BoardPlace & { file: string }, work: Standalone) {
  const { graph } = readModelFile(file)
  return withFlashedModel(graph, place, work, async ({ board, packed, flashed, firmwareSha256 }) => {
    const { hello, report } = flashed
    const regions = [report.firmware, report.model]
    return {
      board: place.boardId,
      provenance: board.provenance,
      firmwareSha256,
      modelId: packed.modelId,
      flashBytes: packed.flashBytes,
      write: regions.map(({ region, bytes, erasedSectors, writtenBytes }) => ({
        region,
        bytes,
        erasedSectors,
        writtenBytes,
      })),
      verify: regions.map(({ region, verifiedBytes }) => ({ region, verifiedBytes })),
      steps: flashed.steps,
      reset: { clockHz: hello.clock, clockSource: hello.clockSource, modelOpened: true },
    }
  })
}
