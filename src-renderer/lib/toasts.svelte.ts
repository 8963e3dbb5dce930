// Undo for what can be undone. The work itself is done when the time is over.

const UNDO_MS = 10_000

export interface Toast {
  text: string
  undo: () => void
}

class Toasts {
  current = $state<Toast | null>(null)
  private commit: (() => void) | null = null
  private timer: ReturnType<typeof setTimeout> | undefined

  /** Shows `text` with Undo for ten seconds, then calls `commit`. A second offer commits the first at once. */
  offerUndo(text: string, commit: () => void, undo: () => void): void {
    this.settle()
    this.commit = commit
    this.current = {
      text,
      undo: () => {
        this.commit = null
        this.settle()
        undo()
      },
    }
    this.timer = setTimeout(() => this.settle(), UNDO_MS)
  }

  /** Does now what still waits: the time is over, or the window closes. */
  settle(): void {
    clearTimeout(this.timer)
    const commit = this.commit
    this.commit = null
    this.current = null
    commit?.()
  }
}

export const toasts = new Toasts()
