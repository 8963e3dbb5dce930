'use strict'

// Preloaded into Electron's own installer, which prints "fetch failed" and keeps the reason to itself. Adds that reason,
// so that the set-up can tell "this host does not exist here" from "try again".

const plainFetch = globalThis.fetch

globalThis.fetch = async (...args) => {
  try {
    return await plainFetch(...args)
  } catch (error) {
    process.stderr.write(`fetch ${args[0]}: ${error.cause?.code ?? error.message}\n`)
    throw error
  }
}
