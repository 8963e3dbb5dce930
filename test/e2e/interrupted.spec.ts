import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { goTo, openWindow, removeFolder } from './window.ts'

/** The processes of a group, from /proc: Electron's children are not children of its main process alone. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`THIMBLE_USER_DATA=${folder}/`)
        )
      } catch {
        return false
      }
    })
}

test('an app that is killed in the middle of a job shows the run as interrupted when it starts again', async () => {
  test.skip(process.platform !== 'linux', 'reads /proc')
  const first = await openWindow()
  await first.page.keyboard.press('Control+Enter')
  await expect(first.page.locator('[data-stage=data]')).toHaveAttribute('data-status', 'running')
  const gone = new Promise((resolve) => first.app.process().once('exit', resolve))
  for (const pid of processesOf(first.folder)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // ended with its parent
    }
  }
  await gone

  const second = await openWindow({ folder: first.folder })
  await goTo(second.page, 'Runs')
  await expect(second.page.locator('tbody tr')).toHaveCount(1)
  await expect(second.page.locator('tbody tr')).toContainText('Interrupted')
  await second.close()
  removeFolder(first.folder)
})

test('closing the window in the middle of a job ends the job and its process', async () => {
  test.skip(process.platform !== 'linux', 'reads /proc')
  const window = await openWindow()
  await window.page.keyboard.press('Control+Enter')
  await expect(window.page.locator('[data-stage=data]')).toHaveAttribute('data-status', 'running')
  await window.close()
  await expect.poll(() => processesOf(window.folder)).toEqual([])

  const again = await openWindow({ folder: window.folder })
  await goTo(again.page, 'Runs')
  await expect(again.page.locator('tbody tr')).toContainText('Cancelled')
  await again.close()
  removeFolder(window.folder)
})
