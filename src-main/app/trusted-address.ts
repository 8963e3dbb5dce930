// Which pages are ours.

import { APP_ORIGIN } from './asset-path.ts'

export interface TrustedOrigins {
  /** of the dev server, in development */
  development: string | null
}

export function isTrustedAddress(address: string, origins: TrustedOrigins): boolean {
  try {
    const url = new URL(address)
    // the URL parser gives schemes it does not know the origin 'null', so compare the parts
    return (
      `${url.protocol}//${url.host}` === APP_ORIGIN ||
      (origins.development !== null && url.origin === origins.development)
    )
  } catch {
    return false
  }
}
