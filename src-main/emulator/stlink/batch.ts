// Many single accesses in one command: codes first, one byte each and padded to words, then a word for each. The results
// are as many words again, followed by as many statuses. Source: OpenOCD's stlink_usb.c (RW_MISC).

import { BATCH_ITEM, STATUS_OK } from '../../device/stlink/protocol.ts'
import type { Dap } from '../dap.ts'

/** What real probes say of an item that they do not know is not documented. */
const UNKNOWN_ITEM = 0x01

export interface BatchResult {
  values: number[]
  statuses: number[]
}

/** One item's status and value. `access` carries out what touches the target and says how it ended. */
type Access = (work: () => number) => { status: number; value: number }

export const batchBytes = (items: number) => 4 * Math.ceil(items / 4) + 4 * items

/** After an item that failed nothing more is carried out: the others end as it did. */
export function runBatch(dap: Dap, items: number, data: Uint8Array, access: Access): BatchResult {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const words = 4 * Math.ceil(items / 4)
  const result: BatchResult = { values: [], statuses: [] }
  let port = 0
  let address = 0
  let status = STATUS_OK
  for (let index = 0; index < items; index++) {
    const word = view.getUint32(words + 4 * index, true)
    let value = 0
    if (status === STATUS_OK) {
      switch (data[index]) {
        case BATCH_ITEM.ACCESS_PORT:
          port = word
          break
        case BATCH_ITEM.ADDRESS:
          address = word
          break
        case BATCH_ITEM.READ:
          ;({ status, value } = access(() => wordOf(dap.readBlock(port, word, 4, 4))))
          break
        case BATCH_ITEM.WRITE:
          ;({ status } = access(() => (dap.writeBlock(port, address, bytesOf(word), 4), 0)))
          break
        default:
          status = UNKNOWN_ITEM
      }
    }
    result.values.push(value)
    result.statuses.push(status)
  }
  return result
}

const wordOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)

function bytesOf(word: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, word, true)
  return bytes
}
