import { describe, expect, test } from 'vitest'
import { consentPolicy, isCi, rootPrefix } from '../../scripts/setup/consent.mjs'

test.each([
  [{ CI: 'true' }, true],
  [{ CI: '1' }, true],
  [{ CI: 'false' }, false],
  [{ CI: '0' }, false],
  [{ CI: '' }, false],
  [{}, false],
])('CI as %j means %s', (env, expected) => expect(isCi(env)).toBe(expected))

test.each([
  [{ env: {}, terminal: true }, 'ask'],
  [{ env: { CI: '1' }, terminal: true }, 'go-on'],
  [{ env: {}, terminal: false }, 'go-on'],
  [{ env: { CI: '1' }, terminal: false }, 'go-on'],
])('%j: %s', (situation, expected) => expect(consentPolicy(situation)).toBe(expected))

describe('who installs system packages', () => {
  const person = { env: {}, terminal: true, uid: 1000, hasSudo: true }
  test('root does it itself, sudo or not', () => {
    expect(rootPrefix({ ...person, uid: 0 })).toEqual([])
    expect(rootPrefix({ ...person, uid: 0, hasSudo: false })).toEqual([])
  })
  test('sudo may ask a person for the password', () => expect(rootPrefix(person)).toEqual(['sudo']))
  test('sudo never waits where nobody can answer', () => {
    expect(rootPrefix({ ...person, terminal: false })).toEqual(['sudo', '-n'])
    expect(rootPrefix({ ...person, env: { CI: 'true' } })).toEqual(['sudo', '-n'])
  })
  test('without rights and without sudo nobody can', () => expect(rootPrefix({ ...person, hasSudo: false })).toBeNull())
})
