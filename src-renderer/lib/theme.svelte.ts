// Light, dark or as the system has it. tokens.css follows the root's data-theme.

import type { Settings } from '../../src-main/contract/api.ts'
import { request } from './api.ts'

class Theme {
  choice = $state<Settings['theme']>('system')
  /** counts changes of the colours in effect: canvas charts read their colours again when it does */
  version = $state(0)

  async load(): Promise<void> {
    this.apply((await request('settings.get', {})).theme)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.version++)
  }

  async choose(choice: Settings['theme']): Promise<void> {
    this.apply((await request('settings.set', { theme: choice })).theme)
  }

  private apply(choice: Settings['theme']): void {
    this.choice = choice
    if (choice === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice
    this.version++
  }
}

export const theme = new Theme()

/** A token's colour as a canvas takes it: light-dark() is resolved by the browser, on a probe element. */
export function tokenColour(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}
