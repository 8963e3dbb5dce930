/** Runs `draw` at most once a frame, however often it is asked for. */
export function oncePerFrame(draw: () => void): { request: () => void; cancel: () => void } {
  let pending = 0
  return {
    request() {
      if (pending !== 0) return
      pending = requestAnimationFrame(() => {
        pending = 0
        draw()
      })
    },
    cancel() {
      cancelAnimationFrame(pending)
      pending = 0
    },
  }
}

/** Like oncePerFrame, but for work that is worth doing only every `interval_ms`. The last request is never lost. */
export function atMostEvery(interval_ms: number, work: () => void): { request: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null
  let last = -Infinity
  return {
    request() {
      if (timer !== null) return
      timer = setTimeout(
        () => {
          timer = null
          last = performance.now()
          work()
        },
        Math.max(0, last + interval_ms - performance.now()),
      )
    },
    cancel() {
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
