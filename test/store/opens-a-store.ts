// `node opens-a-store.mjs STORE` prints what became of it.

import { toAppError } from '../../src-main/base/errors.ts'
import { openStore } from '../../src-main/store/store.ts'

try {
  openStore({ path: process.argv[2]!, kind: 'cli' }).close()
  process.stdout.write('opened')
} catch (thrown) {
  process.stdout.write(toAppError(thrown).code)
}
