// Where a command reads and writes. In tests it is something else than the process's own streams.

export interface Terminal {
  stdout(text: string): void
  stderr(text: string): void
  /** a person watches stderr: progress bars may redraw their line */
  interactive: boolean
  columns: number
  env: NodeJS.ProcessEnv
  /** fires on Ctrl-C */
  signal: AbortSignal
  /** where the firmware images lie */
  assetsDir: string
  /** bundles of the threads that a command may start; absent: the same thread */
  workers: { emulator?: string }
}
