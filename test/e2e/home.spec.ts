import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import type { ThimbleApi } from '../../src-main/contract/api.ts'
import { chooseTheme, goTo, inspectScreen, launchOptions, openWindow, removeFolder, type Window } from './window.ts'

let window: Window

test.beforeAll(async () => {
  window = await openWindow()
})
test.afterAll(async () => {
  await window.close()
  removeFolder(window.folder)
})

test('opens on Home with the built-in model and the virtual board picked', async () => {
  const { page } = window
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pick a model, pick a board')
  await expect(page.getByRole('radio', { name: 'ad-autoencoder' })).toBeChecked()
  await expect(page.getByRole('radio', { name: /STM32F407G-DISC1.*Emulated/ })).toBeChecked()
  await expect(page.getByRole('button', { name: /Compress, flash, benchmark/ })).toBeEnabled()
  // nothing was measured yet, so no figure is shown
  await expect(page.getByRole('img', { name: /Flash, model: nothing measured yet/ })).toBeVisible()
})

test('empty screens say what will be there, and pass axe in both themes', async () => {
  const { page } = window
  await inspectScreen(page, 'home-empty')
  for (const screen of ['Job', 'Live', 'Runs'] as const) {
    await goTo(page, screen)
    await expect(page.getByRole('button', { name: 'Pick a model and a board' })).toBeVisible()
    await inspectScreen(page, `${screen.toLowerCase()}-empty`)
  }
  await page.getByRole('button', { name: 'Pick a model and a board' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pick a model, pick a board')
})

test('a probe that is plugged in appears by itself, and goes when it is pulled out', async () => {
  const { app, page } = window
  /** Pushes the event by which the main process tells of boards. */
  const tell = (boards: unknown) =>
    app.evaluate(
      ({ BrowserWindow }, all) =>
        BrowserWindow.getAllWindows()[0]!.webContents.send('thimble:event', 'boards.changed', { boards: all }),
      boards,
    )
  const listed = await page.evaluate(() =>
    (globalThis as unknown as { thimble: ThimbleApi }).thimble.request('boards.list', {}),
  )
  if (!listed.ok) throw new Error(listed.error.message)
  const facts = { core: '', clock_hz: 0, flash_bytes: 0, ram_bytes: 0, budget_flash_bytes: 0, budget_ram_bytes: 0 }
  const probe = {
    ...{ id: 'stlink:066DFF', name: 'ST-Link V2-1', kind: 'probe', ...facts },
    ...{ provenance: 'hardware', timing: 'hardware', state: 'ready', detail: '' },
  }
  const held = { ...probe, id: 'stlink:0029', name: 'ST-Link V3', state: 'in-use', detail: 'Open in openocd.' }
  const wire = {
    ...probe,
    id: 'serial:/dev/ttyACM0',
    name: 'ST-Link VCP',
    kind: 'serial',
    detail: 'Flashing needs its probe.',
  }
  const radio = (name: RegExp) => page.getByRole('radio', { name })

  await tell([...listed.value, wire, probe, held])
  await expect(radio(/ST-Link VCP.*Flashing needs its probe.*Serial line/)).toBeDisabled()
  await expect(radio(/ST-Link V2-1 stlink:066DFF Ready/)).toBeEnabled()
  await expect(radio(/ST-Link V3.*Open in openocd.*In use/)).toBeDisabled()
  await expect(page.locator('[aria-live=polite]').first()).toHaveText(/ST-Link V3 connected/)
  // a pick never changes by itself
  await expect(radio(/STM32F407G-DISC1/)).toBeChecked()
  await radio(/ST-Link V2-1/).check()
  // what nobody knows before the chip is asked is not shown as nothing
  await expect(page.getByText(/(?<![\d.])0\s(B|MHz)/)).toHaveCount(0)
  await inspectScreen(page, 'home-plugged')

  // what is picked stays picked, and says that it is gone
  await tell(listed.value)
  await expect(radio(/ST-Link V3/)).toHaveCount(0)
  await expect(radio(/ST-Link V2-1.*Unplugged/)).toBeDisabled()
  await expect(radio(/ST-Link V2-1.*Unplugged/)).toBeChecked()
  await expect(page.getByRole('button', { name: /Compress, flash, benchmark/ })).toBeDisabled()
  await inspectScreen(page, 'home-unplugged')
  await tell([...listed.value, probe])
  await expect(radio(/ST-Link V2-1 stlink:066DFF Ready/)).toBeChecked()
  await expect(page.getByRole('button', { name: /Compress, flash, benchmark/ })).toBeEnabled()
  await tell(listed.value)
  await radio(/STM32F407G-DISC1/).check()
  await expect(radio(/ST-Link/)).toHaveCount(0)
})

test('the theme is chosen, followed by the native parts, and remembered', async () => {
  const { app, page, folder } = window
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await chooseTheme(page, 'Light')
  const light = await background()
  await chooseTheme(page, 'Dark')
  expect(await background()).not.toBe(light)
  expect(await app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')

  await window.close()
  window = await openWindow({ folder })
  await expect(window.page.getByRole('radio', { name: 'Dark' })).toBeChecked()
  expect(await window.app.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors)).toBe(true)
})

test('everything on Home is reached by the keyboard, and the focus is seen', async () => {
  const { page } = window
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  const reached: string[] = []
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const name = await page.evaluate(() => {
      const element = document.activeElement!
      const ring = (node: Element | null) => node !== null && getComputedStyle(node).boxShadow !== 'none'
      const seen =
        ring(element) || ring(element.closest('[role=radiogroup]')) || getComputedStyle(element).outlineStyle !== 'none'
      return `${element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40)}${seen ? '' : ' (not seen)'}`
    })
    reached.push(name)
  }
  for (const wanted of [/^ad-autoencoder/, /^Job/, /^Open file/, /^Compress, flash, benchmark/]) {
    expect(reached.some((name) => wanted.test(name))).toBe(true)
  }
  expect(reached.filter((name) => name.includes('(not seen)'))).toEqual([])
})

test('the smallest window shows everything without scrolling sideways', async () => {
  const { app, page } = window
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setSize(1120, 720))
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(1120)
  for (const screen of ['Home', 'Job', 'Live', 'Runs'] as const) {
    await goTo(page, screen)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1120)
  }
  await goTo(page, 'Home')
  await inspectScreen(page, 'home-smallest')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setSize(1440, 900))
})

test('a corrupt file is refused with what happened, what to try and its code', async () => {
  const { app, page, folder } = window
  const file = path.join(folder, 'cut-short.tflite')
  writeFileSync(file, Buffer.from('1c0000005446 4c33 0000'.replaceAll(' ', ''), 'hex'))
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, file)
  await page.keyboard.press('Control+o')

  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toBeVisible()
  await expect(dialog).toContainText('MODEL_CORRUPT')
  await expect(dialog).toContainText('damaged or cut short')
  await expect(dialog.getByRole('button', { name: /Close/ })).toBeFocused()
  await inspectScreen(page, 'error', { modal: true })

  await page.keyboard.press('Control+Shift+C')
  await expect(dialog).toContainText('Copied')
  const copied = await app.evaluate(({ clipboard }) => clipboard.readText())
  expect(copied).toContain('MODEL_CORRUPT')
  expect(copied).not.toContain(folder)

  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('radio', { name: 'cut-short.tflite' })).toHaveCount(0)
})

test('a file of another kind is refused too, and nothing is lost', async () => {
  const { app, page, folder } = window
  const file = path.join(folder, 'notes.txt')
  writeFileSync(file, 'not a model')
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, file)
  await page.getByRole('button', { name: /Open file/ }).click()
  await expect(page.getByRole('alertdialog')).toContainText('MODEL_FORMAT_UNKNOWN')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('radio', { name: 'ad-autoencoder' })).toBeChecked()
})

test('a file dropped anywhere is checked like one that was opened', async () => {
  const { page, folder } = window
  const file = path.join(folder, 'dropped.tflite')
  writeFileSync(file, 'neither long nor sound')
  await goTo(page, 'Runs')
  await page.evaluate(() => {
    const input = document.createElement('input')
    input.type = 'file'
    document.body.append(input)
  })
  await page.locator('input[type=file]').setInputFiles(file)
  const stopped = await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('input[type=file]')!
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(input.files![0]!)
    input.remove()
    return !document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
  })
  // else the browser would leave the page for the file
  expect(stopped).toBe(true)
  await expect(page.getByRole('alertdialog')).toContainText('MODEL_CORRUPT')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pick a model, pick a board')
})

test('a second window on the same store says so and ends with an error', async () => {
  const { _electron } = await import('@playwright/test')
  const { folder, env, ...launch } = launchOptions({ folder: window.folder })
  // preferences of its own: else Electron's single-instance lock hands the start over to the first window
  const second = await _electron.launch({
    ...launch,
    env: { ...env, THIMBLE_USER_DATA: path.join(folder, 'other-user') },
  })
  const page = await second.firstWindow()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("Thimble can't start")
  await expect(page.locator('main')).toContainText('STORE_IN_USE')
  const ended = new Promise<number | null>((resolve) => second.process().once('exit', resolve))
  // the window is gone before Playwright has seen the click through
  await page
    .getByRole('button', { name: 'Close' })
    .click()
    .catch(() => undefined)
  expect(await ended).toBe(1)
})

test('a page that crashes is loaded again', async () => {
  const own = await openWindow()
  await own.app.evaluate(
    ({ BrowserWindow }) =>
      new Promise<void>((resolve) => {
        const { webContents } = BrowserWindow.getAllWindows()[0]!
        webContents.once('did-finish-load', () => resolve())
        webContents.forcefullyCrashRenderer()
      }),
  )
  const heading = () =>
    own.app.evaluate(
      ({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(
          "document.querySelector('h1')?.textContent",
        ) as Promise<string>,
    )
  await expect.poll(heading, { timeout: 15_000 }).toBe('Pick a model, pick a board')
  await own.close()
  removeFolder(own.folder)
})
