import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../src-main/app/asset-path.ts'
import { isTrustedAddress } from '../../src-main/app/trusted-address.ts'

const ROOT = path.resolve('/opt/thimble/renderer')

describe('assetPath', () => {
  it('names files under the root', () => {
    expect(assetPath(ROOT, 'thimble://app/')).toBe(path.join(ROOT, 'index.html'))
    expect(assetPath(ROOT, 'thimble://app/assets/index-1.js?v=2#part')).toBe(path.join(ROOT, 'assets', 'index-1.js'))
    expect(assetPath(ROOT, 'thimble://app/a%20b.css')).toBe(path.join(ROOT, 'a b.css'))
  })

  it('names nothing elsewhere', () => {
    for (const address of [
      'thimble://other/index.html',
      'file:///etc/passwd',
      'https://app/index.html',
      'thimble://app/..%2f..%2fetc%2fpasswd',
      'thimble://app/..%5c..%5cboot.ini',
      'thimble://app/%00',
      'thimble://app/%zz',
      'no address',
    ]) {
      expect(assetPath(ROOT, address), address).toBeNull()
    }
  })

  it('never leaves the root, whatever the path is made of', () => {
    const pieces = fc.constantFrom('..', '.', '/', '%2f', '%2e%2e', '%5c', '\\', 'a', '%00', '//', '?', '#', '%25')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const file = assetPath(ROOT, `thimble://app/${parts.join('')}`)
        expect(file === null || file.startsWith(ROOT + path.sep)).toBe(true)
      }),
      { seed: 7, numRuns: 2000 },
    )
  })
})

describe('isTrustedAddress', () => {
  const shipped = { development: null }
  const development = { development: 'http://localhost:5173' }

  it('trusts our own pages, and the dev server in development alone', () => {
    expect(isTrustedAddress('thimble://app/index.html', shipped)).toBe(true)
    expect(isTrustedAddress('http://localhost:5173/', development)).toBe(true)
    expect(isTrustedAddress('http://localhost:5173/', shipped)).toBe(false)
  })

  it('trusts nothing that only looks like them', () => {
    for (const address of [
      'thimble://app.example.com/',
      'thimble://elsewhere/',
      'http://localhost:51730/',
      'http://localhost:5173@example.com/',
      'file:///index.html',
      'about:blank',
      '',
    ]) {
      expect(isTrustedAddress(address, development), address).toBe(false)
    }
  })
})
