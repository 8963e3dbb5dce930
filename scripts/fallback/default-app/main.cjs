'use strict'

// Electron without an app of its own starts resources/default_app.asar, which opens the app named on the command line:
//     electron [-r MODULE]… [--chromium-switch]… APP [ARGUMENT]…
// The fallback runtime comes without that archive, so this is it. It loads the app before 'ready' fires, since
// an app may only register its protocol schemes until then.

const { app } = require('electron')
const fs = require('node:fs')
const Module = require('node:module')
const path = require('node:path')

function readCommandLine(args) {
  const preload = []
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '-r' || args[i] === '--require') preload.push(args[++i])
    else if (!args[i].startsWith('-')) return { preload, target: path.resolve(args[i]) }
  }
  return { preload, target: null }
}

function adoptPackage(directory) {
  const manifest = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'))
  app.setName(manifest.productName ?? manifest.name ?? app.getName())
  if (manifest.version) app.setVersion(manifest.version)
  app.setPath('userData', path.join(app.getPath('appData'), app.getName()))
  app.setAppPath(directory)
  return path.join(directory, manifest.main ?? 'index.js')
}

const { preload, target } = readCommandLine(process.argv.slice(1))
for (const file of preload) require(path.resolve(file))

if (target === null) {
  process.stderr.write('Usage: electron [-r MODULE] APP [ARGUMENT]…\n')
  app.exit(1)
} else {
  const main = fs.statSync(target).isDirectory() ? adoptPackage(target) : target
  Module._load(main, Module, true)
}
