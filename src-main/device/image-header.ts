// What a firmware image says about itself, at a fixed place behind the vector table. The host trusts nothing else
// about an image: where the link's control block is, where the model goes and how large the arena is, it reads here.

import type { CField, CHeader } from '../base/c-header.ts'
import { AppError } from '../base/errors.ts'

/** Bytes from the start of flash; the F407's vector table ends at 0x188. */
export const IMAGE_HEADER_OFFSET = 0x200
export const IMAGE_MAGIC = 0x57464d54 // "TMFW"
export const IMAGE_VERSION = 2

export const IMAGE_HEADER = [
  { name: 'magic', type: 'uint32_t', comment: 'TM_IMAGE_MAGIC' },
  { name: 'version', type: 'uint32_t', comment: 'TM_IMAGE_VERSION' },
  { name: 'header_bytes', type: 'uint32_t' },
  { name: 'chip_id', type: 'uint32_t', comment: 'DBGMCU_IDCODE bits 11:0 of the chip it is built for' },
  { name: 'image_bytes', type: 'uint32_t', comment: 'from the start of flash' },
  { name: 'rtt_address', type: 'uint32_t', comment: 'RTT control block' },
  { name: 'fault_address', type: 'uint32_t', comment: 'tm_fault_record, valid while its magic stands' },
  { name: 'model_start', type: 'uint32_t', comment: 'flash region of the packed model' },
  { name: 'model_bytes', type: 'uint32_t' },
  { name: 'arena_start', type: 'uint32_t', comment: 'RAM that a model may use' },
  { name: 'arena_bytes', type: 'uint32_t' },
  { name: 'kernel_stack_bytes', type: 'uint32_t', comment: 'of the stack, what is left to a generated kernel' },
] as const satisfies readonly CField[]

export const FAULT_MAGIC = 0x4c464d54 // "TMFL"

/** Left in RAM by the fault handler. Register names are those of the Armv7-M ARM. */
export const FAULT_RECORD = [
  { name: 'magic', type: 'uint32_t', comment: 'TM_FAULT_MAGIC' },
  { name: 'exception', type: 'uint32_t', comment: 'IPSR' },
  ...(['r0', 'r1', 'r2', 'r3', 'r12', 'lr', 'pc', 'xpsr', 'sp', 'cfsr', 'hfsr', 'mmfar', 'bfar'] as const).map(
    (name) => ({ name, type: 'uint32_t' }) as const,
  ),
] as const satisfies readonly CField[]

export const imageHeaderC: CHeader = {
  file: 'tm_image.h',
  source: 'src-main/device/image-header.ts',
  blocks: [
    {
      kind: 'defines',
      title: 'The image header stands this far behind the start of flash.',
      constants: [
        { name: 'TM_IMAGE_HEADER_OFFSET', value: IMAGE_HEADER_OFFSET },
        { name: 'TM_IMAGE_MAGIC', value: IMAGE_MAGIC, comment: '"TMFW"' },
        { name: 'TM_IMAGE_VERSION', value: IMAGE_VERSION },
        { name: 'TM_FAULT_MAGIC', value: FAULT_MAGIC, comment: '"TMFL"' },
      ],
    },
    { kind: 'struct', name: 'tm_image_header', title: 'What the image says about itself.', fields: IMAGE_HEADER },
    { kind: 'struct', name: 'tm_fault_record', title: 'What the fault handler leaves behind.', fields: FAULT_RECORD },
  ],
}

type Words<Fields extends readonly CField[]> = Record<Fields[number]['name'], number>
export type ImageHeader = Words<typeof IMAGE_HEADER>
export type FaultRecord = Words<typeof FAULT_RECORD>

/** Reads a struct of single 32-bit words by its table. `bytes` must hold all of it. */
export function readWords<Fields extends readonly CField[]>(fields: Fields, bytes: Uint8Array): Words<Fields> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Object.fromEntries(fields.map(({ name }, index) => [name, view.getUint32(4 * index, true)])) as Words<Fields>
}

export const IMAGE_HEADER_BYTES = 4 * IMAGE_HEADER.length
export const FAULT_RECORD_BYTES = 4 * FAULT_RECORD.length

/** The header in `bytes`, which start at the header; null where there is none of this version. */
export function parseImageHeader(bytes: Uint8Array): ImageHeader | null {
  if (bytes.length < IMAGE_HEADER_BYTES) return null
  const header = readWords(IMAGE_HEADER, bytes)
  return header.magic === IMAGE_MAGIC && header.version === IMAGE_VERSION ? header : null
}

/** The header of a whole firmware image. Throws BOARD_NO_FIRMWARE when the bytes are no Thimble image. */
export function imageHeaderOf(image: Uint8Array): ImageHeader {
  const header = parseImageHeader(image.subarray(IMAGE_HEADER_OFFSET))
  if (header === null || header.image_bytes !== image.length) {
    throw new AppError(
      'BOARD_NO_FIRMWARE',
      'The firmware image that ships with Thimble is damaged or of another version.',
      {
        hint: 'Install Thimble again, or build the image with scripts/build-firmware.mjs.',
      },
    )
  }
  return header
}
