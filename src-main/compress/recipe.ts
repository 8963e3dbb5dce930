import { AppError } from '../base/errors.ts'

/** How an activation's range is taken from what calibration saw. */
export type RangeMethod = { kind: 'min-max' } | { kind: 'percentile'; keep: number }

/** What is done to a float model, as data. */
export interface Recipe {
  name: string
  description: string
  activationRange: RangeMethod
}

export const RECIPES: readonly Recipe[] = [
  {
    name: 'ptq',
    description: 'int8 after training; each activation covers all that calibration saw',
    activationRange: { kind: 'min-max' },
  },
  {
    name: 'ptq-percentile',
    description: 'int8 after training; the rarest 0.01 % of each activation saturate, the rest gets finer steps',
    activationRange: { kind: 'percentile', keep: 0.9999 },
  },
]

/** Throws RECIPE_UNKNOWN, naming the ones that exist. */
export function findRecipe(name: string): Recipe {
  const recipe = RECIPES.find((candidate) => candidate.name === name)
  if (recipe !== undefined) return recipe
  const names = RECIPES.map((known) => known.name).join(', ')
  throw new AppError('RECIPE_UNKNOWN', `There is no recipe ${name}; there are ${names}.`)
}
