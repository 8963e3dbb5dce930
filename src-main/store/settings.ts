import { settings, type Settings } from '../contract/api.ts'
import type { Database } from './sqlite-binding.ts'

const DEFAULTS: Settings = { theme: 'system' }

export type SettingsTable = ReturnType<typeof createSettings>

export function createSettings(database: Database) {
  const get = (): Settings => {
    const rows = database.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings').all()
    const stored = Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value) as unknown]))
    const parsed = settings.safeParse({ ...DEFAULTS, ...stored })
    return parsed.success ? parsed.data : DEFAULTS
  }
  return {
    get,
    set(values: Settings): Settings {
      const put = database.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)')
      database.transaction(() => {
        for (const [key, value] of Object.entries(values)) put.run(key, JSON.stringify(value))
      })()
      return get()
    },
  }
}
