// What the window offers when a board can't be used as it is. Which board that is, the event says that a job process
// would have sent; what the offers do is done for real, on the virtual board.

import { expect, test } from '@playwright/test'
import { STAGES, runRequest, type JobEvent } from '../../src-main/contract/run.ts'
import { inspectScreen, openWindow, removeFolder, type Window } from './window.ts'

const request = runRequest.parse({ task: 'ad', boardId: 'virtual:stm32f407', quick: true })

let window: Window
let jobs = 0

test.beforeEach(async () => {
  window = await openWindow()
})
test.afterEach(async () => {
  await window.close()
  removeFolder(window.folder)
})

/** A job that fails in flashing. */
async function failWith(error: Extract<JobEvent, { type: 'failed' }>['error']) {
  const events: JobEvent[] = [
    { type: 'started', runId: 900, request, stages: [...STAGES] },
    { type: 'failed', stage: 'flash', status: 'failed', error },
  ]
  const jobId = `told-${jobs++}`
  await window.app.evaluate(
    ({ BrowserWindow }, told) => {
      for (const payload of told) BrowserWindow.getAllWindows()[0]!.webContents.send('thimble:event', ...payload)
    },
    events.map((event, seq) => ['job.event', { jobId, seq, at_ms: Date.now(), event }] as const),
  )
}

const startedUnderReset = async () => {
  const current = await window.page.evaluate(() => self.thimble.request('jobs.current', {}))
  if (!current.ok) throw new Error(current.error.message)
  const started = current.value?.events.map(({ event }) => event).find((event) => event.type === 'started')
  return started?.request.underReset
}

test('a target that does not answer can be connected under reset', async () => {
  const { page } = window
  await failWith({ code: 'TARGET_UNREACHABLE', message: 'The chip does not answer.', hint: 'Check the wires.' })
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByRole('button', { name: 'Try again' })).toBeFocused()
  await inspectScreen(page, 'error-unreachable', { modal: true })
  await dialog.getByRole('button', { name: 'Connect under reset' }).click()
  await expect(dialog).toBeHidden()
  await expect.poll(startedUnderReset, { timeout: 30_000 }).toBe(true)
})

test('read-out protection is taken off only when the user agrees that everything is erased', async () => {
  const { page } = window
  const error = {
    code: 'BOARD_PROTECTED',
    message: "The chip's flash is read-out protected (level 1).",
    hint: 'Take it off.',
    context: { protection_level: 1 },
  }
  await failWith(error)
  const offer = page.getByRole('alertdialog').getByRole('button', { name: 'Take it off…' })
  await offer.click()
  const ask = page.getByRole('alertdialog', { name: 'Erase all of the flash of STM32F407G-DISC1?' })
  await expect(ask).toContainText('the program on it is lost')
  await expect(ask.getByRole('button', { name: /Leave it protected/ })).toBeFocused()
  await inspectScreen(page, 'unprotect', { modal: true })
  await page.keyboard.press('Escape')
  await expect(ask).toBeHidden()
  // nothing was asked of the board, so no job has started either
  expect(await page.evaluate(() => self.thimble.request('jobs.current', {}))).toEqual({ ok: true, value: null })

  await failWith(error)
  await offer.click()
  await ask.getByRole('button', { name: 'Erase all of the flash' }).click()
  await expect(ask).toBeHidden({ timeout: 30_000 })
  await expect(page.locator('[data-stage=data]')).toHaveAttribute('data-status', 'running', { timeout: 30_000 })
})

test('write protection is not what erasing everything is offered for; trying again starts the job again', async () => {
  await failWith({ code: 'BOARD_PROTECTED', message: 'Flash sectors 5 are write-protected.', hint: 'Use other tools.' })
  const dialog = window.page.getByRole('alertdialog')
  await expect(dialog).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Take it off…' })).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(startedUnderReset, { timeout: 30_000 }).toBe(false)
})
