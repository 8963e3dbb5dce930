// Follows what is plugged in: looks when the system tells of a change, and now and then anyway.

/** What became of one thing: `present` is what was there when the watch began, `changed` says other things of itself. */
export interface PlugChange<T> {
  change: 'present' | 'attached' | 'detached' | 'changed'
  item: T
}

/**
 * Calls back for everything that is plugged in or pulled out, until what it resolves to is called. Rejects where the
 * system can't tell.
 */
export type PlugEvents = (changed: () => void) => Promise<() => Promise<void>>

/** Milliseconds from one look to the next. */
export interface LookTimes {
  /** looks after the one at an event: udev gives a device to its user only after the kernel has told of it */
  settle: readonly number[]
  /** when every source of events works: who has a device open is told by none */
  told: number
  /** when one does not */
  untold: number
}

const LOOK_TIMES: LookTimes = { settle: [300, 1200], told: 5000, untold: 1000 }

export interface PlugWatch<T> {
  list: () => Promise<readonly T[]>
  /** `now` is all that is there, in the order of `list`; called only when something changed, and once at the start */
  onChange: (changes: readonly PlugChange<T>[], now: readonly T[]) => void
  signal: AbortSignal
  /** one source of events is enough where all that is listed hangs on it, as serial adapters do on USB too */
  events?: readonly PlugEvents[]
  times?: LookTimes
}

/** The `usb` library's own watch. It is asked directly: its listeners would end the process where it can't watch. */
const usbEvents: PlugEvents = async (changed) => {
  const { WebUSB } = await import('usb')
  class Watch extends WebUSB {
    async start(): Promise<void> {
      await this.nativeEmitter.addAttach(changed)
      await this.nativeEmitter.addDetach(changed)
    }
    async stop(): Promise<void> {
      await this.nativeEmitter.removeAttach()
      await this.nativeEmitter.removeDetach()
    }
  }
  const watch = new Watch()
  await watch.start()
  return () => watch.stop()
}

/** Watches until the signal fires. Things are told apart by their ids. Throws what `list` throws. */
export async function watchPlugged<T extends { id: string }>(options: PlugWatch<T>): Promise<void> {
  const { list, onChange, signal, events = [usbEvents], times = LOOK_TIMES } = options
  let known: ReadonlyMap<string, T> | undefined
  let settling: number[] = []
  let again = false
  let wake = () => undefined as void
  const changed = () => {
    again = true
    settling = [...times.settle]
    wake()
  }
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const abort = () => wake()
  signal.addEventListener('abort', abort)
  const sources = await Promise.allSettled(events.map((start) => start(changed)))
  const stops = sources.flatMap((source) => (source.status === 'fulfilled' ? [source.value] : []))
  const rest = stops.length === events.length ? times.told : times.untold
  try {
    while (!signal.aborted) {
      again = false
      const items = await list()
      const now = new Map(items.map((item) => [item.id, item]))
      const changes = known === undefined ? items.map(present) : difference(known, now)
      if (known === undefined || changes.length > 0) onChange(changes, items)
      known = now
      // What came while it looked may have come too late to be seen.
      if (!again && !signal.aborted) await pause(settling.shift() ?? rest)
    }
  } finally {
    signal.removeEventListener('abort', abort)
    await Promise.all(stops.map((stop) => stop()))
  }
}

const present = <T>(item: T): PlugChange<T> => ({ change: 'present', item })

function difference<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): PlugChange<T>[] {
  const changes: PlugChange<T>[] = []
  for (const [id, item] of before) if (!now.has(id)) changes.push({ change: 'detached', item })
  for (const [id, item] of now) {
    const old = before.get(id)
    if (old === undefined) changes.push({ change: 'attached', item })
    else if (JSON.stringify(old) !== JSON.stringify(item)) changes.push({ change: 'changed', item })
  }
  return changes
}
