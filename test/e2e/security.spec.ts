// Electron's security checklist, as the page and the main process see it.

import { expect, test } from '@playwright/test'
import { openWindow, removeFolder, type Window } from './window.ts'

let window: Window

test.beforeAll(async () => {
  window = await openWindow()
})
test.afterAll(async () => {
  await window.close()
  removeFolder(window.folder)
})

test('the page has no Node, and a bridge of three functions', async () => {
  const { app, page } = window
  expect(
    await page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => name in globalThis),
      bridge: Object.keys(self.thimble).sort(),
      address: location.href,
    })),
  ).toEqual({ globals: [], bridge: ['on', 'pathOfFile', 'request'], address: 'thimble://app/index.html' })

  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const { webContents } = BrowserWindow.getAllWindows()[0]!
    // not in the public types
    return (webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences()
  })
  expect(preferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
  })
})

test('the content policy allows nothing inline, nothing evaluated and nothing from elsewhere', async () => {
  const { app, page } = window
  const policy = await app.evaluate(async ({ net }) =>
    (await net.fetch('thimble://app/index.html')).headers.get('content-security-policy'),
  )
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')

  const ran = await page.evaluate(async () => {
    const script = document.createElement('script')
    script.textContent = 'window.inlineRan = true'
    document.body.append(script)
    // later, for what Playwright itself evaluates may evaluate
    const evaluated = await new Promise((resolve) =>
      setTimeout(() => {
        try {
          // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- must be refused
          resolve(new Function('return true')())
        } catch {
          resolve(false)
        }
      }),
    )
    const fetched = await fetch('https://example.com').then(
      () => true,
      () => false,
    )
    return { inline: 'inlineRan' in globalThis, evaluated, fetched }
  })
  expect(ran).toEqual({ inline: false, evaluated: false, fetched: false })
})

test('the protocol serves the page and nothing beside it', async () => {
  const { app } = window
  const status = (address: string) =>
    app.evaluate(async ({ net }, path) => (await net.fetch(`thimble://app${path}`)).status, address)
  expect(await status('/index.html')).toBe(200)
  for (const address of [
    '/../build/main.js',
    '/%2e%2e/%2e%2e/build/main.js',
    '/..%2f..%2fbuild%2fmain.js',
    '/..%5c..%5cbuild%5cmain.js',
    '/assets/..%2f..%2f..%2fbuild/main.js',
    '/%00index.html',
    '/%zz',
    '/no-such-file.js',
  ]) {
    expect(await status(address), address).toBe(404)
  }
  const otherHost = await app.evaluate(async ({ net }) => (await net.fetch('thimble://elsewhere/index.html')).status)
  expect(otherHost).toBe(404)
})

test('permissions are denied', async () => {
  const { page } = window
  const answers = await page.evaluate(async () => {
    const state = async (name: string) => (await navigator.permissions.query({ name: name as PermissionName })).state
    return {
      geolocation: await state('geolocation'),
      camera: await state('camera'),
      notifications: await Notification.requestPermission(),
      media: await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => 'granted',
        () => 'denied',
      ),
    }
  })
  expect(answers).toEqual({ geolocation: 'denied', camera: 'denied', notifications: 'denied', media: 'denied' })
})

test('requests are checked: an unknown name and wrong parameters come back as errors', async () => {
  const { page } = window
  const ask = (name: string, params: unknown) =>
    page.evaluate(
      ([asked, given]) =>
        (self.thimble.request as (name: string, params: unknown) => Promise<{ ok: boolean }>)(asked, given),
      [name, params] as [string, unknown],
    )
  expect(await ask('toString', {})).toMatchObject({ ok: false, error: { code: 'INTERNAL' } })
  expect(await ask('runs.show', { id: 'one' })).toMatchObject({ ok: false })
  expect(await ask('runs.show', { id: 4711 })).toMatchObject({ ok: false, error: { code: 'RUN_UNKNOWN' } })
  expect(await ask('models.inspect', { file: '/no/such/file.tflite' })).toMatchObject({
    ok: false,
    error: { code: 'FILE_NOT_FOUND' },
  })
  expect(await ask('jobs.start', { task: 'ad', boardId: 'stlink:none' })).toMatchObject({ ok: true })
  await expect(page.getByRole('alertdialog')).toContainText('BOARD_UNKNOWN')
})

// last: Playwright goes on waiting for a navigation that was stopped
test('the window goes nowhere else and opens no other', async () => {
  const { app, page } = window
  const opened = await page.evaluate(() => globalThis.open('https://example.com') !== null)
  expect(opened).toBe(false)
  await page.evaluate(() => {
    const link = document.createElement('a')
    link.href = 'https://example.com'
    document.body.append(link)
    link.click()
    link.remove()
  })
  await page.evaluate(() => (location.href = 'file:///etc/passwd'))
  await page.waitForTimeout(300)
  expect(page.url()).toBe('thimble://app/index.html')
  await page.evaluate(() => {
    const view = document.createElement('webview')
    view.setAttribute('src', 'https://example.com')
    document.body.append(view)
  })
  expect(
    await app.evaluate(({ webContents }) => webContents.getAllWebContents().map((each) => each.getType())),
  ).toEqual(['window'])
  expect(app.windows()).toHaveLength(1)
})
