// How the window is started in development, packaged, and made into a zip and a deb. `npm start`, `npm run package` and
// `npm run make` come here through scripts/, which set up first.
//
// Without THIMBLE_RELEASE=1 everything is named -dev and can be debugged (the end-to-end tests need that). A release
// is made with Electron's official binary only: the fallback's publisher is unknown.

import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { MakerDeb } from '@electron-forge/maker-deb'
import { MakerZIP } from '@electron-forge/maker-zip'
import { FusesPlugin } from '@electron-forge/plugin-fuses'
import { VitePlugin } from '@electron-forge/plugin-vite'
import type { ForgeConfig } from '@electron-forge/shared-types'
import { FuseV1Options, FuseVersion } from '@electron/fuses'
import { fallbackZipFolder } from './scripts/fallback-zip.mjs'
import { NATIVE_MODULES } from './scripts/native-modules.mjs'
import { findRuntime } from './scripts/runtime.mjs'

const release = process.env['THIMBLE_RELEASE'] === '1'
const runtime = findRuntime()
if (runtime === null) throw new Error('There is no Electron yet. Run: npm run setup')
const fallback = runtime.kind === 'fallback'
if (release && fallback)
  throw new Error(
    "A release is made with Electron's official binary only, and this checkout has the fallback runtime. " +
      'Delete .cache/electron-fallback and run npm run setup where github.com can be reached.',
  )

const name = release ? 'thimble' : 'thimble-dev'

// A native module and all that it needs at run time.
function closure(roots: readonly string[], modules: string): string[] {
  const found = new Set<string>()
  const queue = [...roots]
  for (let module = queue.pop(); module !== undefined; module = queue.pop()) {
    const manifest = path.join(modules, module, 'package.json')
    if (found.has(module) || !existsSync(manifest)) continue
    found.add(module)
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      dependencies?: Record<string, string>
      optionalDependencies?: Record<string, string>
    }
    queue.push(...Object.keys({ ...dependencies, ...optionalDependencies }))
  }
  return [...found].sort()
}

// What a package of one system needs of the native modules: no sources, no tests, no other system's binaries.
function isShipped(file: string, platform: string, arch: string): boolean {
  const inModule = file.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '')
  if (
    /^better-sqlite3\/(deps|src|build\/(?!Release))|\/(test|tests|docs|examples)$|\.(map|md|ts|c|cc|cpp|h)$/.test(
      inModule,
    )
  )
    return false
  const prebuilt = /\/prebuilds\/([a-z0-9]+)-([a-z0-9+]+)/.exec(inModule)
  if (prebuilt) return prebuilt[1] === platform && prebuilt[2]!.split('+').includes(arch)
  const onnx = /^onnxruntime-node\/bin\/[^/]+\/([a-z0-9]+)(?:\/([a-z0-9]+))?/.exec(inModule)
  if (onnx) return onnx[1] === platform && (onnx[2] === undefined || onnx[2] === arch)
  return !/providers_(cuda|tensorrt)/.test(inModule)
}

function copyModules(modules: string, names: string[], buildPath: string, platform: string, arch: string): void {
  for (const module of names)
    cpSync(path.join(modules, module), path.join(buildPath, 'node_modules', module), {
      recursive: true,
      dereference: true,
      filter: (file) => isShipped(file, platform, arch),
    })
}

const debOptions = {
  name,
  bin: name,
  productName: release ? 'Thimble' : 'Thimble (development)',
  maintainer: 'The Thimble authors',
  categories: ['Development' as const],
  // They install assets/udev where udev reads it, and take it away again.
  scripts: { postinst: 'scripts/debian/postinst', postrm: 'scripts/debian/postrm' },
  // xz, the default, takes five minutes for a tenth less. (The maker passes it on; its types do not know it.)
  compression: 'gzip',
}

const config: ForgeConfig = {
  packagerConfig: {
    name: release ? 'Thimble' : 'Thimble-dev',
    executableName: name,
    asar: { unpack: '**/*.{node,so,so.*,dll,dylib}' },
    // The Vite plugin lets only .vite through; the native modules come with the hook below.
    prune: false,
    // thimble export copies the C kernels and the licence from there.
    extraResource: ['assets', 'firmware', 'LICENSE'],
    ...(fallback ? { electronZipDir: fallbackZipFolder() } : {}),
  },
  // Every native module carries binaries for the stable Node-API: nothing is compiled here.
  rebuildConfig: { onlyModules: [] },
  hooks: {
    packageAfterCopy: async (_config, buildPath, _version, platform, arch) => {
      const modules = path.join(import.meta.dirname, 'node_modules')
      copyModules(modules, closure(NATIVE_MODULES, modules), buildPath, platform, arch)
      const sqlite = runtime.env['THIMBLE_SQLITE_MODULE']
      if (sqlite === undefined) return
      const fallbackModules = path.dirname(sqlite)
      copyModules(fallbackModules, closure(['better-sqlite3'], fallbackModules), buildPath, platform, arch)
    },
  },
  makers: [new MakerZIP({}), new MakerDeb({ options: debOptions })],
  plugins: [
    new VitePlugin({
      build: [
        { entry: 'src-main/app/main.ts', config: 'vite.main.config.mts', target: 'main' },
        { entry: 'src-main/app/preload.ts', config: 'vite.preload.config.mts', target: 'preload' },
      ],
      renderer: [{ name: 'main_window', config: 'vite.renderer.config.mts' }],
    }),
    new FusesPlugin({
      version: FuseVersion.V1,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: !release,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      // The window is served by a scheme of its own (thimble:), never by file:.
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    }),
  ],
}

export default config
