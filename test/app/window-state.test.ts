import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MINIMUM_SIZE, readWindowState, usableBounds, writeWindowState } from '../../src-main/app/window-state.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'thimble-window-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const screen = { x: 0, y: 0, width: 1920, height: 1040 }
const bounds = { x: 100, y: 50, width: 1300, height: 800 }

describe('the window state', () => {
  it('comes back as it was written, into a folder that did not exist', () => {
    const file = path.join(folder, 'deeper', 'window.json')
    writeWindowState(file, { bounds, maximized: true })
    expect(readWindowState(file)).toEqual({ bounds, maximized: true })
  })

  it('counts as none when the file is missing, cut short or of another shape', () => {
    const file = path.join(folder, 'window.json')
    expect(readWindowState(file)).toBeNull()
    for (const text of ['', '{"bounds":{"x":1', '{"bounds":{"x":1,"y":2,"width":-3,"height":4},"maximized":false}']) {
      writeFileSync(file, text)
      expect(readWindowState(file), text).toBeNull()
    }
  })
})

describe('usableBounds', () => {
  it('keeps a place that a screen still shows', () => {
    expect(usableBounds(bounds, [screen])).toEqual(bounds)
  })

  it('drops a place whose title bar lies on no screen', () => {
    expect(usableBounds({ ...bounds, x: 2500 }, [screen])).toBeNull()
    expect(usableBounds({ ...bounds, y: -400 }, [screen])).toBeNull()
    expect(usableBounds({ ...bounds, x: 2500 }, [screen, { ...screen, x: 1920 }])).not.toBeNull()
    expect(usableBounds(undefined, [screen])).toBeNull()
  })

  it('never opens smaller than the smallest size', () => {
    expect(usableBounds({ ...bounds, width: 300, height: 200 }, [screen])).toMatchObject(MINIMUM_SIZE)
  })
})
