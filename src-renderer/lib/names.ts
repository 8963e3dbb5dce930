// Words for ids. An id that no message names yet is shown as it is, so that nothing is hidden.

import { hasMessage, t } from './messages.ts'

/** A user's own int8 file goes through as it is. */
export function recipeName(recipe: string, task: string | null): string {
  if (task === null) return t('recipe.asIs')
  const key = `recipe.${recipe}`
  return hasMessage(key) ? t(key) : recipe
}

export function coreName(core: string): string {
  const key = `core.${core}`
  return hasMessage(key) ? t(key) : core
}
