// What a screen reader hears without being asked: stages and results, at most one message a second.

import { atMostEvery } from './frame.ts'

class Announcer {
  text = $state('')
  private next = ''
  private readonly speak = atMostEvery(1000, () => {
    this.text = this.next
  })

  say(text: string): void {
    this.next = text
    this.speak.request()
  }
}

export const announcer = new Announcer()
