// When the set-up may go on by itself and when it asks. Pure, so that every case can be tested.

import { createInterface } from 'node:readline/promises'

// CI systems set CI to "true" or "1".
export function isCi(env) {
  return !['', '0', 'false', undefined].includes(env.CI)
}

// 'ask' only where a person can answer.
export function consentPolicy({ env, terminal }) {
  return terminal && !isCi(env) ? 'ask' : 'go-on'
}

// How system packages get installed: the words before `apt-get`, or null where only a person with rights can do it.
// Without a terminal sudo must not wait for a password (-n).
export function rootPrefix({ env, terminal, uid, hasSudo }) {
  if (uid === 0) return []
  if (!hasSudo) return null
  return consentPolicy({ env, terminal }) === 'ask' ? ['sudo'] : ['sudo', '-n']
}

// npm runs scripts with the terminal passed through, so this is true under `npm start` as well.
export function onTerminal() {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY)
}

export async function askYesNo(question) {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
