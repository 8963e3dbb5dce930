// Where the app finds its own files and keeps the user's. Everything below app/ gets paths handed down from here.

import path from 'node:path'
import { app } from 'electron'

/** The folder of the running bundle: .vite/build, in the checkout or in the package. */
const bundleDir = import.meta.dirname

export const preloadFile = path.join(bundleDir, 'preload.js')
export const rendererDir = path.join(bundleDir, '..', 'renderer', 'main_window')

export const workerFiles = {
  job: path.join(bundleDir, 'job-worker.js'),
  emulator: path.join(bundleDir, 'emulator-worker.js'),
}

/** Firmware images and icons: beside the resources in a package, in the checkout otherwise. */
export const assetsDir = app.isPackaged
  ? path.join(process.resourcesPath, 'assets')
  : path.join(bundleDir, '..', '..', 'assets')

export const iconFile = path.join(assetsDir, 'icons', 'thimble.png')

/** THIMBLE_USER_DATA gives a test a folder of its own. */
export function applyUserDataOverride(): void {
  if (process.env.THIMBLE_USER_DATA) app.setPath('userData', path.resolve(process.env.THIMBLE_USER_DATA))
}

export const windowStateFile = () => path.join(app.getPath('userData'), 'window.json')
