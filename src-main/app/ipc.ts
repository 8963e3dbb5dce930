// The two channels of the preload script: requests in, events out.

import { ipcMain, type BrowserWindow } from 'electron'
import { AppError, type Result } from '../base/errors.ts'
import { EVENTS, type EventName, type EventPayload } from '../contract/api.ts'
import type { Dispatch } from './dispatch.ts'
import { isTrustedAddress, type TrustedOrigins } from './trusted-address.ts'

export function serveRequests(dispatch: Dispatch, origins: TrustedOrigins): void {
  ipcMain.handle('thimble:request', (event, name: unknown, params: unknown): Promise<Result<unknown>> => {
    const frame = event.senderFrame
    const trusted = frame !== null && frame === event.sender.mainFrame && isTrustedAddress(frame.url, origins)
    if (!trusted) {
      return Promise.resolve({
        ok: false,
        error: new AppError('INTERNAL', 'The request came from a page that is not part of Thimble.').toDto(),
      })
    }
    return dispatch(name, params)
  })
}

export type SendEvent = <N extends EventName>(name: N, payload: EventPayload<N>) => void

export function createEventSender(window: () => BrowserWindow | null): SendEvent {
  return (name, payload) => {
    const target = window()
    if (!target || target.isDestroyed()) return
    target.webContents.send('thimble:event', name, EVENTS[name].parse(payload))
  }
}
