// Starts the built window (.vite, made by scripts/build-window.mjs) with a store and preferences of its own.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { _electron, expect, type ElectronApplication, type Page } from '@playwright/test'

const root = path.resolve(__dirname, '..', '..')
const screenshots = path.join(root, 'test-results', 'screenshots')

export interface Window {
  app: ElectronApplication
  page: Page
  /** where the store lies, to start another window on it */
  folder: string
  close(): Promise<void>
}

export interface WindowOptions {
  folder?: string
  env?: Record<string, string>
}

export const newFolder = () => mkdtempSync(path.join(tmpdir(), 'thimble-e2e-'))

export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true })

/** The executable, its arguments and environment, for those who start it without Playwright too. */
export function launchOptions({ folder = newFolder(), env = {} }: WindowOptions = {}) {
  // set by scripts/test.mjs, with what else the runtime needs in the environment
  const executablePath = process.env.THIMBLE_ELECTRON
  if (!executablePath) throw new Error('THIMBLE_ELECTRON names no Electron. Run these tests by: npm test')
  return {
    folder,
    executablePath,
    // Chromium's sandbox can't start as root
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
    env: {
      ...(process.env as Record<string, string>),
      THIMBLE_STORE: path.join(folder, 'store'),
      THIMBLE_USER_DATA: path.join(folder, 'user'),
      THIMBLE_QUICK: '1',
      ...env,
    },
  }
}

export async function openWindow(options: WindowOptions = {}): Promise<Window> {
  const { folder, ...launch } = launchOptions(options)
  const app = await _electron.launch(launch)
  const page = await app.firstWindow()
  // models and boards are there
  await expect(page.getByRole('button', { name: /Compress, flash, benchmark/ })).toBeEnabled()
  return { app, page, folder, close: () => app.close() }
}

export const goTo = (page: Page, screen: 'Home' | 'Job' | 'Live' | 'Runs') =>
  page.getByRole('navigation').getByRole('button', { name: screen }).click()

export async function chooseTheme(page: Page, theme: 'As the system' | 'Light' | 'Dark') {
  await page.getByRole('radio', { name: theme }).check({ force: true })
}

/** In both themes: no finding of axe, no sideways scroll, and a picture for people to look at. */
export async function inspectScreen(page: Page, name: string, { modal = false } = {}) {
  mkdirSync(screenshots, { recursive: true })
  for (const theme of ['Light', 'Dark'] as const) {
    // under a dialog the switch can't be reached; there is no chart in one that would have to be drawn again
    if (modal) await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme.toLowerCase())
    else await chooseTheme(page, theme)
    // legacy mode: Electron can't open the second page that axe would like to finish in
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await page.screenshot({ path: path.join(screenshots, `${name}-${theme.toLowerCase()}.png`) })
  }
}
