// `npm run -s thimble -- COMMAND …` in a checkout. package.json starts it with `exec`: npm passes signals on to the shell
// that it runs scripts in, and that shell would keep them to itself. (On Windows: node scripts\thimble.mjs COMMAND …)

import { runMain } from './setup/report.mjs'
import { thimble } from './thimble-command.mjs'

await runMain(() => thimble(process.argv.slice(2)))
