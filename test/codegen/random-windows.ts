import type { Rng } from '../../src-main/base/rng.ts'
import type { DepthwiseWindow, Window } from './random-layers.ts'

const between = (rng: Rng, low: number, high: number) => low + rng.int(high - low + 1)

/** Any window that has an output. */
export function randomWindow(rng: Rng): Window {
  const dilated = rng.float() < 0.3
  const window: Window = {
    ...{ filterH: between(rng, 1, 5), filterW: between(rng, 1, 5) },
    ...{ strideH: between(rng, 1, 3), strideW: between(rng, 1, 3) },
    ...{ dilationH: dilated ? between(rng, 1, 3) : 1, dilationW: dilated ? between(rng, 1, 3) : 1 },
    padding: rng.float() < 0.7 ? 'same' : 'valid',
    ...{
      height: between(rng, 1, 9),
      width: between(rng, 1, 9),
      inputs: between(rng, 1, 9),
      outputs: between(rng, 1, 7),
    },
  }
  if (window.padding === 'same') return window
  return {
    ...window,
    height: window.height + (window.filterH - 1) * window.dilationH,
    width: window.width + (window.filterW - 1) * window.dilationW,
  }
}

/** A 3x3 window that Winograd's way fits. */
export function randomTiledWindow(rng: Rng): Window {
  const padding = rng.float() < 0.7 ? 'same' : 'valid'
  const border = padding === 'same' ? 0 : 2
  return {
    ...{ filterH: 3, filterW: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding },
    height: border + between(rng, 2, 9),
    width: border + between(rng, 4, 15),
    inputs: 4 * between(rng, 1, 8),
    outputs: 2 * between(rng, 1, 4),
  }
}

/** Any window that has an output; up to three outputs of a channel. */
export function randomDepthwise(rng: Rng): DepthwiseWindow {
  const { outputs: _, ...window } = randomWindow(rng)
  return { ...window, width: window.width + rng.int(8), multiplier: rng.float() < 0.7 ? 1 : between(rng, 2, 3) }
}
