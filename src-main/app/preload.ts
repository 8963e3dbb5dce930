// The only bridge between the window and the main process. Names and shapes are checked on the other side.

import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { EventName, EventPayload, ThimbleApi } from '../contract/api.ts'

type Listener = (payload: unknown) => void
const listeners = new Map<EventName, Set<Listener>>()

ipcRenderer.on('thimble:event', (_event, name: EventName, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload)
})

const api: ThimbleApi = {
  request: ((name: string, params: unknown): Promise<unknown> =>
    ipcRenderer.invoke('thimble:request', name, params)) as ThimbleApi['request'],
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) {
    const all = listeners.get(name) ?? new Set<Listener>()
    listeners.set(name, all)
    all.add(listener as Listener)
    return () => {
      all.delete(listener as Listener)
    }
  },
  pathOfFile: (file) => webUtils.getPathForFile(file),
}

contextBridge.exposeInMainWorld('thimble', api)
