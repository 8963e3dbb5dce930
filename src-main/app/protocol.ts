// thimble://app/… serves the built window. A scheme of our own has an origin, so the content policy and the
// sender checks hold, and the window has no access to file:.

import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { protocol, type Session } from 'electron'
import { APP_ORIGIN, SCHEME, assetPath } from './asset-path.ts'

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Nothing from another origin, nothing inline: charts set styles through the object model, which is no inline style. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }])
}

export function serveRenderer(session: Session, root: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const file = assetPath(root, request.url)
    if (file === null) return new Response('Not found', { status: 404 })
    try {
      // a link inside the folder must not lead out of it
      if (!(await realpath(file)).startsWith((await realpath(root)) + path.sep)) throw new Error('outside')
      const body = await readFile(file)
      return new Response(new Uint8Array(body), {
        headers: {
          'content-type': CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'x-content-type-options': 'nosniff',
        },
      })
    } catch {
      return new Response('Not found', { status: 404 })
    }
  })
}

export const startAddress = `${APP_ORIGIN}/index.html`
