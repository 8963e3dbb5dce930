// What the set-up says goes to stderr: `thimble --json` runs it too and owns stdout.

export function say(line) {
  process.stderr.write(`${line}\n`)
}

// A failure a person can act on. Its hint is printed below the message, without a stack.
export class SetupError extends Error {
  constructor(message, hint) {
    super(message)
    this.name = 'SetupError'
    this.hint = hint
  }
}

// Runs a script's main function; a SetupError ends it with exit code 1 and no stack.
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(`\nError: ${error.message}\n${error.hint}`)
    process.exitCode = 1
  }
}
