// The suite for real boards, on the virtual ones: what it expects of a board has to hold there too.

import { BOARDS } from '../../src-main/device/board-data.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { describeBoard } from './board-suite.ts'

for (const data of BOARDS) {
  let board: VirtualBoard | undefined
  describeBoard({
    id: `virtual:${data.id}`,
    // Switched on once; every further connection finds what the one before has left.
    open: async () => {
      if (board === undefined) return (board = await openVirtualBoard(data))
      return { ...board, probe: await openStlinkProbe(board.stlink, { serial: data.id }) }
    },
    connectUnderReset: () => openStlinkProbe(board!.stlink, { serial: data.id, underReset: true }),
    unplug: () => board!.unplug(),
  })
}
