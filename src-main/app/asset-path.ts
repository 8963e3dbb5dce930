// Which file a thimble:// address names. Pure, so that the traversal tests need no window.

import path from 'node:path'

export const SCHEME = 'thimble'
export const HOST = 'app'
export const APP_ORIGIN = `${SCHEME}://${HOST}`

/** The file under `root` that `address` names, or null where it names none: another host, or outside of `root`. */
export function assetPath(root: string, address: string): string | null {
  let url: URL
  let pathname: string
  try {
    url = new URL(address)
    pathname = decodeURIComponent(url.pathname)
  } catch {
    return null
  }
  if (url.protocol !== `${SCHEME}:` || url.host !== HOST) return null
  if (pathname.includes('\0') || pathname.includes('\\')) return null
  const file = path.resolve(root, `.${pathname === '/' ? '/index.html' : pathname}`)
  return file.startsWith(path.resolve(root) + path.sep) ? file : null
}
