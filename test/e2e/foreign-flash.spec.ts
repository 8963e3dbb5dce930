// A board that holds somebody else's program: the window asks before it erases. The virtual board really holds it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { inspectScreen, newFolder, openWindow, removeFolder, type Window } from './window.ts'

const FOREIGN = Buffer.from(Uint8Array.from({ length: 20_000 }, (_, index) => (index * 37) & 0xff))

test.describe.configure({ mode: 'serial' })

let window: Window
let backups: string

test.beforeAll(async () => {
  const folder = newFolder()
  const flash = path.join(folder, 'foreign-flash.bin')
  writeFileSync(flash, FOREIGN)
  backups = path.join(folder, 'store', 'backups')
  window = await openWindow({ folder, env: { THIMBLE_VIRTUAL_FLASH: flash } })
})
test.afterAll(async () => {
  await window.close()
  removeFolder(window.folder)
})

const dialogOf = ({ page }: Window) => page.getByRole('alertdialog', { name: /holds something that Thimble/ })

test('the sectors and the backup are shown before anything is erased; who keeps it ends the job', async () => {
  test.setTimeout(180_000)
  const { page } = window
  await page.keyboard.press('Control+Enter')
  const dialog = dialogOf(window)
  await expect(dialog).toBeVisible({ timeout: 150_000 })
  await expect(dialog).toContainText('STM32F407G-DISC1')
  await expect(dialog.getByRole('row')).toHaveText([
    /Sector 0\s*0x08000000 to 0x08003FFF\s*16.0\sKB/,
    /Sector 1\s*0x08004000 to 0x08007FFF\s*16.0\sKB/,
  ])
  const [file] = readdirSync(backups)
  await expect(dialog).toContainText(path.join(backups, file!))
  expect(readFileSync(path.join(backups, file!)).subarray(0, FOREIGN.length)).toEqual(FOREIGN)
  await expect(dialog.getByRole('button', { name: /Keep it, stop the job/ })).toBeFocused()
  await inspectScreen(page, 'foreign-flash', { modal: true })

  // a reload asks again
  await page.reload()
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('main').getByText('Cancelled', { exact: true })).toBeVisible({ timeout: 15_000 })
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
})

test('once the user agrees the same job goes on to its end', async () => {
  test.setTimeout(300_000)
  const { page } = window
  await page.getByRole('navigation').getByRole('button', { name: 'Home' }).click()
  await page.getByRole('button', { name: /Compress, flash, benchmark/ }).click()
  const dialog = dialogOf(window)
  await dialog.getByRole('button', { name: 'Erase sectors 0 and 1' }).click({ timeout: 150_000 })
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Live', { timeout: 60_000 })
  await expect(page.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 180_000 })
  const runs = await page.evaluate(() => self.thimble.request('runs.list', { limit: 10, offset: 0 }))
  expect(runs).toMatchObject({ ok: true, value: { total: 2, runs: [{ status: 'done' }, { status: 'cancelled' }] } })
})
