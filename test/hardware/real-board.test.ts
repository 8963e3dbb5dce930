// The same suite on a board that is plugged in: HW=1 THIMBLE_BOARD=stlink:SERIAL THIMBLE_OVERWRITE=1 (docs/hardware.md).

import { it } from 'vitest'
import { AppError } from '../../src-main/base/errors.ts'
import { openBoard } from '../../src-main/jobs/boards.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { openUsbTransport, type StlinkUsbDevice } from '../../src-main/device/stlink/usb-transport.ts'
import { describeBoard } from './board-suite.ts'

const { HW, THIMBLE_BOARD: id = '', THIMBLE_OVERWRITE, THIMBLE_UNPLUG } = process.env
const WAIT_FOR_HAND_MS = 60_000
const serial = id.replace(/^stlink:/, '')

const openReal = () => openBoard(id, { emulator: '' })

async function transport() {
  const { usb } = await import('usb')
  const devices = (await usb.getDevices()) as unknown as (StlinkUsbDevice & { serialNumber?: string })[]
  const device = devices.find((one) => one.serialNumber === serial)
  if (device === undefined) throw new AppError('BOARD_UNKNOWN', `There is no probe ${id}.`)
  return openUsbTransport(device)
}

if (HW !== '1') {
  it.skip('a real board: none is named (docs/hardware.md)')
} else if (!id.startsWith('stlink:') || THIMBLE_OVERWRITE !== '1') {
  it('knows which board it may write', () => {
    throw new Error(
      'Name the board, THIMBLE_BOARD=stlink:SERIAL, and agree to lose what its flash holds, THIMBLE_OVERWRITE=1.',
    )
  })
} else {
  describeBoard({
    id,
    open: openReal,
    connectUnderReset: async (board) => {
      await board.close()
      return openStlinkProbe(await transport(), { serial, underReset: true })
    },
    unplug:
      THIMBLE_UNPLUG === '1'
        ? async (board) => {
            console.log('Pull the cable of the probe now.')
            const until = Date.now() + WAIT_FOR_HAND_MS
            while (Date.now() < until) {
              const gone = await board.probe.readWord(board.data.idCodeAddress).then(
                () => false,
                () => true,
              )
              if (gone) return
              await new Promise((resolve) => setTimeout(resolve, 100))
            }
          }
        : undefined,
  })
}
