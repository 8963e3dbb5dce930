import { describe, expect, it } from 'vitest'
import { createProgressLine } from '../../src-main/cli/progress-line.ts'
import type { Terminal } from '../../src-main/cli/terminal.ts'

function capture(interactive: boolean, columns = 100) {
  let text = ''
  const terminal: Terminal = {
    stdout: () => undefined,
    stderr: (part) => (text += part),
    interactive,
    columns,
    env: {},
    signal: new AbortController().signal,
    assetsDir: '',
    workers: {},
  }
  return { line: createProgressLine(terminal), text: () => text }
}

describe('on a terminal', () => {
  it('redraws one line, with bar, share and time left', () => {
    const { line, text } = capture(true)
    line.show('train', 25, 100, null)
    line.show('train', 50, 100, 90_000, 'epoch 3 of 6')
    const lines = text().split('\r')
    expect(text()).not.toContain('\n')
    expect(lines[1]).toMatch(/^train +█{8}░{22} +25 %$/)
    expect(lines[2]).toMatch(/^train +█{15}░{15} +50 % {2}about 1\u00a0min 30\u00a0s left {2}epoch 3 of 6$/)
  })

  it('clears what stood there when something is said, and leaves no rest of a longer line', () => {
    const { line, text } = capture(true)
    line.show('flash', 1, 2, null, 'a long note about the sectors')
    line.show('flash', 1, 2, null)
    line.say('flash done')
    line.end()
    const [first, second, cleared, said] = text().split('\r').slice(1)
    expect(second!.length).toBe(first!.length)
    expect(cleared!.trim()).toBe('')
    expect(said).toBe('flash done\n')
  })

  it('never wraps', () => {
    const { line, text } = capture(true, 40)
    line.show('bench', 1, 3, 60_000, 'x'.repeat(100))
    expect(text().length).toBeLessThanOrEqual(40)
  })

  it('counts up where no total is known', () => {
    const { line, text } = capture(true)
    line.show('data', 1204, 0, null)
    expect(text()).toContain('1,204')
  })
})

it('in a log writes whole lines, and few of them', () => {
  const { line, text } = capture(false)
  for (let i = 0; i <= 1000; i++) line.show('data', i, 1000, null)
  line.show('train', 0, 10, null)
  expect(text()).not.toContain('\r')
  expect(text().trimEnd().split('\n')).toHaveLength(2)
})
