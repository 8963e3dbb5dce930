// The 16 bytes of a command.

import { CDB_BYTES, COMMANDS, MEMORY_FIELDS, type CommandName } from './protocol.ts'
import type { StlinkCommand } from './transport.ts'

/** Memory commands take address and length, others a parameter or none. */
type CommandFields =
  { parameter?: number; address?: undefined } | { address: number; length: number; data?: Uint8Array; answer?: number }

export function command(name: CommandName, fields: CommandFields = {}): StlinkCommand {
  const { code, answer } = COMMANDS[name]
  const cdb = new Uint8Array(CDB_BYTES)
  cdb.set(code)
  if (fields.address === undefined) {
    cdb[code.length] = fields.parameter ?? 0
    return { cdb, answer: answer === 'length' ? 0 : answer }
  }
  const view = new DataView(cdb.buffer)
  view.setUint32(MEMORY_FIELDS.address, fields.address, true)
  view.setUint16(MEMORY_FIELDS.length, fields.length, true)
  return { cdb, data: fields.data, answer: fields.answer ?? 0 }
}

/** One word of the target's memory: the answer carries the status and, when read, the value at 4. */
export function wordCommand(name: 'readWord' | 'writeWord', address: number, value = 0): StlinkCommand {
  const built = command(name)
  const view = new DataView(built.cdb.buffer)
  view.setUint32(2, address, true)
  view.setUint32(6, value >>> 0, true)
  return built
}

/** SWD's clock of a V3, in kHz. */
export function frequencyCommand(khz: number): StlinkCommand {
  const built = command('setFrequency')
  new DataView(built.cdb.buffer).setUint32(4, khz, true)
  return built
}
