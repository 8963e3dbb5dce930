// `npm run -s thimble -- COMMAND …` in a checkout.

import { runMain } from './setup/report.mjs'
import { thimble } from './thimble-command.mjs'

await runMain(() => thimble(process.argv.slice(2)))
