// The main job in the window, from the click to the result; every number comes from the real pipeline.

import { copyFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import en from '../../src-renderer/messages/en.json'
import type { RunDetail } from '../../src-main/contract/run.ts'
import { goTo, inspectScreen, openWindow, removeFolder, type Window } from './window.ts'

const STAGES = ['data', 'train', 'compress', 'verify', 'plan', 'pack', 'flash', 'bench']
const KEYWORD_MODEL = path.resolve(__dirname, '../../../shared/data/mlperf-tiny/kws_int8.tflite')

// one story on one store
test.describe.configure({ mode: 'serial' })

let window: Window

test.beforeAll(async () => {
  window = await openWindow()
})
test.afterAll(async () => {
  await window.close()
  removeFolder(window.folder)
})

const stage = (page: Page, name: string) => page.locator(`[data-stage=${name}]`)

async function showRun(page: Page, id: number): Promise<RunDetail> {
  const result = await page.evaluate((run) => self.thimble.request('runs.show', { id: run }), id)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** Long tasks of the page (over 50 ms, as the browser counts them) from now on. */
const watchLongTasks = (page: Page) =>
  page.evaluate(() => {
    const seen: number[] = []
    Object.assign(self, { longTasks: seen })
    new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: 'longtask',
    })
  })

test('a cancel asks first, then stops the job and keeps its run as cancelled', async () => {
  const { page } = window
  await page.keyboard.press('Control+Enter')
  await expect(stage(page, 'data')).toHaveAttribute('data-status', 'running')

  await page.keyboard.press('Escape')
  const ask = page.getByRole('alertdialog')
  await expect(ask.getByRole('button', { name: 'Keep it running' })).toBeFocused()
  await inspectScreen(page, 'cancel', { modal: true })
  await page.keyboard.press('Escape')
  await expect(ask).toBeHidden()
  await expect(page.getByRole('main').getByText('Running', { exact: true })).toBeVisible()

  await page.getByRole('button', { name: /^Cancel/ }).click()
  await ask.getByRole('button', { name: 'Cancel the job' }).click()
  await expect(page.getByRole('main').getByText('Cancelled', { exact: true })).toBeVisible({ timeout: 15_000 })
  expect((await showRun(page, 1)).status).toBe('cancelled')
  await expect(page.getByRole('alertdialog')).toBeHidden()
})

test('the main job runs from the click to an AUC of the board, and the window stays quick', async () => {
  test.setTimeout(300_000)
  const { page } = window
  await goTo(page, 'Home')
  await page.getByRole('button', { name: /Compress, flash, benchmark/ }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Run 2: machine sound for STM32F407G-DISC1')
  await expect(page.getByRole('main').getByText('Quick', { exact: true })).toBeVisible()

  // a second job is refused while this one runs
  const second = await page.evaluate(() =>
    self.thimble.request('jobs.start', { task: 'ad', boardId: 'virtual:stm32f407' }),
  )
  expect(second).toMatchObject({ ok: false, error: { code: 'JOB_RUNNING' } })

  await expect(stage(page, 'train')).toHaveAttribute('data-status', 'running', { timeout: 120_000 })
  await expect(page.getByRole('img', { name: /loss over \d+ epochs/ })).toBeVisible({ timeout: 60_000 })
  await inspectScreen(page, 'job')
  await watchLongTasks(page)

  // the stream is shown by itself when it starts
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Live', { timeout: 180_000 })
  await expect(page.getByRole('img', { name: /^ROC: AUC/ })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByRole('main').getByText('Emulated on STM32F407G-DISC1, 168 MHz')).toBeVisible()
  const before = await page.evaluate(() => (self as unknown as { longTasks: number[] }).longTasks)

  // a reload in the middle catches up and goes on
  await page.reload()
  await expect(stage(page, 'flash')).toHaveAttribute('data-status', 'done')
  await watchLongTasks(page)
  await goTo(page, 'Live')
  await expect(page.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 180_000 })
  const after = await page.evaluate(() => (self as unknown as { longTasks: number[] }).longTasks)
  const longest = Math.max(0, ...before, ...after)
  console.log(`long tasks of the page: ${before.length + after.length}, longest ${longest.toFixed(0)} ms`)
  expect(longest).toBeLessThan(250)
  await inspectScreen(page, 'live')

  const run = await showRun(page, 2)
  expect(run).toMatchObject({ status: 'done', task: 'ad', provenance: 'emulated', quick: true })
  expect(run.stages.map(({ name, status }) => `${name} ${status}`)).toEqual(STAGES.map((name) => `${name} done`))
  expect(run.auc_board).toBeGreaterThan(0.8)
  expect(Math.abs(run.auc_board! - run.auc_int8!)).toBeLessThan(0.005)
  // the AUC that the window computed from the streamed scores is the one that was stored
  const shown = page.locator('dl > div', { hasText: 'AUC, board' }).locator('.figure')
  await expect(shown).toHaveText(run.auc_board!.toFixed(2))

  // whatever a stage says has a name on the screen
  const facts = [
    ...run.stages.flatMap(({ facts }) => facts.map(({ key }) => key)),
    ...run.metrics.map(({ name }) => name),
  ]
  expect(facts.filter((key) => !Object.hasOwn(en, `fact.${key}`))).toEqual([])

  await goTo(page, 'Job')
  await inspectScreen(page, 'job-done')
  await goTo(page, 'Home')
  await expect(page.getByText('Figures of run 2')).toBeVisible()
  await inspectScreen(page, 'home')
})

test('a run is opened in the drawer, deleted, brought back, and deleted for good', async () => {
  const { page } = window
  await goTo(page, 'Runs')
  const row = page.locator('tbody tr', { hasText: 'Cancelled' })
  await page.locator('tbody tr').first().focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Run 2' })).toContainText('AUC, board')
  await inspectScreen(page, 'runs')

  await page.locator('tbody tr').first().focus()
  await page.keyboard.press('ArrowDown')
  await expect(row).toBeFocused()
  await page.keyboard.press('Delete')
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(row).toHaveCount(1)
  expect((await showRun(page, 1)).status).toBe('cancelled')

  await row.click()
  await page.getByRole('button', { name: 'Delete run 1' }).click()
  await expect(row).toHaveCount(0)
  // a reload does not bring back what was deleted
  await page.reload()
  await goTo(page, 'Runs')
  await expect(page.locator('tbody tr')).toHaveCount(1)
  expect(await page.evaluate(() => self.thimble.request('runs.show', { id: 1 }))).toMatchObject({ ok: false })

  await page.keyboard.press('/')
  await page.keyboard.type('no such run')
  await expect(page.getByText('No run matches')).toBeVisible()
})

test("a user's own file is checked, run as it is, and shown without scores", async () => {
  test.skip(!existsSync(KEYWORD_MODEL), 'the keyword model of MLPerf Tiny is not here')
  test.setTimeout(180_000)
  const { app, page, folder } = window
  const file = path.join(folder, 'keywords.tflite')
  copyFileSync(KEYWORD_MODEL, file)
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, file)
  await goTo(page, 'Home')
  await page.keyboard.press('Control+o')
  await expect(page.getByRole('radio', { name: 'keywords.tflite' })).toBeChecked()
  await expect(page.getByText('All ops run')).toBeVisible()

  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('keywords.tflite for STM32F407G-DISC1')
  await expect(stage(page, 'verify')).toBeVisible()
  await expect(stage(page, 'train')).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Live', { timeout: 60_000 })
  await expect(page.getByRole('main').getByText('Done', { exact: true })).toBeVisible({ timeout: 120_000 })
  await expect(page.getByRole('img', { name: /^ROC/ })).toHaveCount(0)
  await inspectScreen(page, 'live-own-file')
  const runs = await page.evaluate(() => self.thimble.request('runs.list', { limit: 1, offset: 0 }))
  expect(runs).toMatchObject({
    ok: true,
    value: { runs: [{ status: 'done', task: null, model: 'keywords.tflite', auc_board: null }] },
  })
})
