import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where flash is read back to, in that folder. */
export const backupFolder = (storePath: string): string => join(storePath, 'backups')

/** Where the signing keys are, in that folder. */
export const keyFolder = (storePath: string): string => join(storePath, 'keys')

/** The folder that holds the database and the artifacts: what was asked for, THIMBLE_STORE, or the system's own place. */
export function storePath(
  asked: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const chosen = asked ?? env['THIMBLE_STORE']
  if (chosen) return resolve(chosen)
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'thimble')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'thimble')
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'thimble')
}
