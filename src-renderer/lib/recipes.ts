import { hasMessage, t } from './messages.ts'

/** A user's own int8 file goes through as it is; a recipe that no message names yet shows its id. */
export function recipeName(recipe: string, task: string | null): string {
  if (task === null) return t('recipe.asIs')
  const key = `recipe.${recipe}`
  return hasMessage(key) ? t(key) : recipe
}
