// The boards there are, followed while they are plugged in and pulled out.

import type { BoardSummary } from '../contract/api.ts'
import { watchPlugged, type PlugWatch } from '../device/hot-plug.ts'
import { listBoards } from './boards.ts'

export type BoardWatch = Omit<PlugWatch<BoardSummary>, 'list'> & Partial<Pick<PlugWatch<BoardSummary>, 'list'>>

/** Watches until the signal fires: at once what is there, then what changes. */
export const watchBoards = (watch: BoardWatch): Promise<void> => watchPlugged({ list: listBoards, ...watch })
