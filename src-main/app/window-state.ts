// Size and place of the window, remembered between starts; used again only where a screen still shows them.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const bounds = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
})
export type Bounds = z.infer<typeof bounds>

const windowState = z.object({ bounds, maximized: z.boolean() })
export type WindowState = z.infer<typeof windowState>

export const DESIGN_SIZE = { width: 1440, height: 900 }
export const MINIMUM_SIZE = { width: 1120, height: 720 }

/** How much of the title bar must lie on a screen for the window to count as reachable. */
const REACHABLE = { width: 120, height: 32 }

/** A file that is missing or damaged counts as none: forgetting the window's place loses no work. */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Written beside and renamed, so that a kill in between leaves the old file whole. */
export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(state))
  renameSync(`${file}.new`, file)
}

const overlap = (a: number, aSize: number, b: number, bSize: number) => Math.min(a + aSize, b + bSize) - Math.max(a, b)

/** The remembered bounds, or null (centre at design size) when no screen shows their title bar any more. */
export function usableBounds(remembered: Bounds | undefined, workAreas: readonly Bounds[]): Bounds | null {
  if (!remembered) return null
  const size = {
    width: Math.max(remembered.width, MINIMUM_SIZE.width),
    height: Math.max(remembered.height, MINIMUM_SIZE.height),
  }
  const reachable = workAreas.some(
    (area) =>
      overlap(remembered.x, size.width, area.x, area.width) >= REACHABLE.width &&
      overlap(remembered.y, REACHABLE.height, area.y, area.height) >= REACHABLE.height,
  )
  return reachable ? { x: remembered.x, y: remembered.y, ...size } : null
}
