// Electron's security checklist: the window shows our own pages and nothing else, and only they may ask for anything.

import { app, session, type WebContents } from 'electron'
import { isTrustedAddress, type TrustedOrigins } from './trusted-address.ts'

function guard(contents: WebContents, origins: TrustedOrigins): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => {
    if (!isTrustedAddress(event.url, origins)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isTrustedAddress(event.url, origins)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Clipboard writing serves "Copy diagnostics" and "Copy log"; everything else is denied. */
const ALLOWED_PERMISSIONS = new Set(['clipboard-sanitized-write'])

export function hardenContents(origins: TrustedOrigins): void {
  app.on('web-contents-created', (_event, contents) => guard(contents, origins))
}

export function hardenSession(): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(ALLOWED_PERMISSIONS.has(permission)),
  )
  defaultSession.setPermissionCheckHandler((_contents, permission) => ALLOWED_PERMISSIONS.has(permission))
  defaultSession.setDevicePermissionHandler(() => false)
}
