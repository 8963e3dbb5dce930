import { RECIPES } from '../compress/recipe.ts'

/** The recipes by name, in a line each. */
export const recipeHelp = RECIPES.map(({ name, description }) => `${name}: ${description}`).join('\n')
