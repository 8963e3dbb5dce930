// Which screen is shown. Only screens that exist are in it.

export const SCREENS = ['home', 'job', 'live', 'runs'] as const
export type Screen = (typeof SCREENS)[number]

class Router {
  screen = $state<Screen>('home')
  /** the run that Runs shows in its drawer */
  runId = $state<number | null>(null)

  go(screen: Screen): void {
    this.screen = screen
  }

  showRun(id: number): void {
    this.runId = id
    this.screen = 'runs'
  }
}

export const router = new Router()
