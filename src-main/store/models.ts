import type { Clock } from '../base/clock.ts'
import type { Database } from './sqlite-binding.ts'

/** A model file of the user's own that was opened before. */
export interface RecentModel {
  file: string
  name: string
  file_bytes: number
  dtype: string
  last_used_at: string
}

export type Models = ReturnType<typeof createModels>

export function createModels(database: Database, clock: Clock) {
  return {
    remember(model: Omit<RecentModel, 'last_used_at'>): void {
      database
        .prepare('INSERT OR REPLACE INTO models VALUES (@file, @name, @file_bytes, @dtype, @last_used_at)')
        .run({ ...model, last_used_at: clock.now().toISOString() })
    },

    /** The one used last comes first. */
    recent(limit = 20): RecentModel[] {
      return database
        .prepare<[number], RecentModel>('SELECT * FROM models ORDER BY last_used_at DESC LIMIT ?')
        .all(limit)
    },

    forget(file: string): void {
      database.prepare('DELETE FROM models WHERE file = ?').run(file)
    },
  }
}
