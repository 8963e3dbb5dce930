// Reads a 32-bit little-endian ARM ELF as far as loading it needs. Every offset is checked before it is followed.
// Source: TIS ELF 1.2; ARM IHI 0044 (ELF for the Arm architecture).

import { AppError } from '../base/errors.ts'
import { hexAddr } from '../base/units.ts'

export interface ElfSegment {
  /** where the bytes are loaded (the physical address) */
  address: number
  bytes: Uint8Array
  /** size in memory; what is beyond the bytes starts as zero */
  memorySize: number
  /** where the program sees them (the virtual address) */
  runAddress: number
}

export interface ElfImage {
  entry: number
  segments: ElfSegment[]
}

const HEADER_BYTES = 52
const PROGRAM_HEADER_BYTES = 32
const PT_LOAD = 1
const ET_EXEC = 2
const EM_ARM = 40

function invalid(message: string): AppError {
  return new AppError('ELF_INVALID', message)
}

export function readElf(file: Uint8Array): ElfImage {
  if (file.length < HEADER_BYTES) throw invalid(`The file holds ${file.length} bytes; an ELF header alone has 52.`)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(0, false) !== 0x7f454c46) throw invalid('The file does not start with the ELF magic number.')
  if (file[4] !== 1) throw invalid('The ELF file is not a 32-bit one.')
  if (file[5] !== 1) throw invalid('The ELF file is not little-endian.')
  const type = view.getUint16(16, true)
  const machine = view.getUint16(18, true)
  if (machine !== EM_ARM) throw invalid(`The ELF file is for machine ${machine}, not ARM (40).`)
  if (type !== ET_EXEC) throw invalid(`The ELF file is of type ${type}, not a linked executable (2).`)
  const entry = view.getUint32(24, true)
  const tableOffset = view.getUint32(28, true)
  const entrySize = view.getUint16(42, true)
  const count = view.getUint16(44, true)
  if (count === 0) throw invalid('The ELF file has no program headers: it was not linked.')
  if (entrySize < PROGRAM_HEADER_BYTES) throw invalid(`A program header has ${entrySize} bytes, not 32.`)
  if (tableOffset + count * entrySize > file.length)
    throw invalid('The program headers lie beyond the end of the file.')

  const segments: ElfSegment[] = []
  for (let index = 0; index < count; index++) {
    const at = tableOffset + index * entrySize
    const word = (offset: number) => view.getUint32(at + offset, true)
    const [kind, offset, runAddress, address, fileSize, memorySize] = [0, 4, 8, 12, 16, 20].map(word) as Six
    if (kind !== PT_LOAD || memorySize === 0) continue
    if (offset + fileSize > file.length) {
      throw invalid(`Segment ${index} (${hexAddr(address)}) lies beyond the end of the file.`)
    }
    if (fileSize > memorySize) throw invalid(`Segment ${index} is larger in the file than in memory.`)
    if (address + memorySize > 2 ** 32) throw invalid(`Segment ${index} does not fit the address space.`)
    segments.push({ address, bytes: file.subarray(offset, offset + fileSize), memorySize, runAddress })
  }
  if (segments.length === 0) throw invalid('The ELF file has nothing to load.')
  return { entry, segments }
}

type Six = [number, number, number, number, number, number]
