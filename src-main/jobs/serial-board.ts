// A board on a serial line alone, already flashed: no probe, so nothing is written and nothing is read but what its
// firmware says. A pseudo terminal leads to a program, not to a chip: its numbers count as emulated.

import { AppError } from '../base/errors.ts'
import type { Provenance } from '../base/provenance.ts'
import { BOARDS, type BoardData } from '../device/board-data.ts'
import type { ByteStream } from '../device/byte-stream.ts'
import { createFirmwareClient, type FirmwareClient, type Hello } from '../device/firmware-client.ts'
import { createLink, type Link } from '../device/link.ts'
import { BASE_BAUD, MAX_BAUD } from '../device/link-protocol.ts'
import { isPseudoTerminal, openSerialStream } from '../device/serial-stream.ts'

const SERIAL = 'serial:'

export interface SerialBoard {
  data: BoardData
  hello: Hello
  firmware: FirmwareClient
  /** the line itself, for what is no frame */
  stream: ByteStream
  provenance: Provenance
  close(): Promise<void>
}

export const serialId = (path: string) => SERIAL + path
export const isSerialBoard = (id: string) => id.startsWith(SERIAL)

/** `serial:PATH` or `serial:PATH@BAUD`. Throws BOARD_UNKNOWN. */
function parseSerialId(id: string): { path: string; baud: number } {
  const [, path, digits] = /^serial:(.+?)(?:@(\d+))?$/.exec(id) ?? []
  const baud = digits === undefined ? BASE_BAUD : Number(digits)
  if (path === undefined || baud < BASE_BAUD || baud > MAX_BAUD) {
    throw new AppError('BOARD_UNKNOWN', `${id} is not serial:PATH[@BAUD] with ${BASE_BAUD} to ${MAX_BAUD} baud.`)
  }
  return { path, baud }
}

/** The next program finds the line as it was; one that is killed leaves that to the firmware. */
async function leave(link: Link, baud: number): Promise<void> {
  if (baud !== BASE_BAUD) await link.changeBaud(BASE_BAUD).catch(() => undefined)
  await link.close()
}

/** Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED, SERIAL_RATE, what openSerialStream throws and what FirmwareClient.hello throws. */
export async function openSerialBoard(id: string): Promise<SerialBoard> {
  const { path, baud } = parseSerialId(id)
  const stream = await openSerialStream(path)
  const link = createLink(stream)
  try {
    const firmware = createFirmwareClient(link)
    const hello = await firmware.hello()
    const data = BOARDS.find((board) => board.idCode === hello.chipId)
    if (data === undefined) {
      const chip = `0x${hello.chipId.toString(16)}`
      throw new AppError('BOARD_UNSUPPORTED', `The firmware on ${path} runs on a chip with id ${chip}.`)
    }
    if (baud !== BASE_BAUD) await link.changeBaud(baud)
    const provenance = (await isPseudoTerminal(path)) ? 'emulated' : 'hardware'
    return { data, hello, firmware, stream, provenance, close: () => leave(link, baud) }
  } catch (error) {
    await stream.close()
    throw error
  }
}
