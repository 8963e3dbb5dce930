// A serial port that belongs to others. Root may open everything, so another user asks.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleForChild } from '../store/child-bundle.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

test.skipIf(process.platform === 'win32')(
  'a port that this user may not open has its own error',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'thimble-port-'))
    try {
      chmodSync(folder, 0o755)
      const port = join(folder, 'port')
      writeFileSync(port, '')
      chmodSync(port, isRoot ? 0o600 : 0)
      const bundle = await bundleForChild('src-main/device/serial-stream.ts', 'serial-stream')
      const ask = `import(${JSON.stringify(bundle)}).then(({ openSerialStream }) => openSerialStream(${JSON.stringify(port)}))
      .catch((error) => console.log(JSON.stringify({ code: error.code, hint: error.hint })))`
      const child = spawnSync(process.execPath, ['-e', ask], isRoot ? { uid: NOBODY, gid: NOBODY } : {})
      expect(JSON.parse(child.stdout.toString())).toEqual({
        code: 'SERIAL_PERMISSION',
        hint: expect.stringMatching(/dialout/) as string,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  60_000,
)
