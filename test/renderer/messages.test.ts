// No screen holds literal text: every word is a message, every message used exists, and none is there for nothing.

import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { parse, type AST } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src-main/contract/metrics.ts'
import { boardSummary } from '../../src-main/contract/api.ts'
import { provenance, runStatus, stageName, stageRecord } from '../../src-main/contract/run.ts'
import en from '../../src-renderer/messages/en.json'

const renderer = path.resolve(import.meta.dirname, '../../src-renderer')
const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(svelte|ts)$/.test(file))
  .map((file) => ({ file, source: readFileSync(path.join(renderer, file), 'utf8') }))
const components = files.filter(({ file }) => file.endsWith('.svelte'))
const keys = Object.keys(en)

/** Attributes whose text a person sees or hears. */
const SPOKEN = new Set(['title', 'alt', 'placeholder', 'label', 'aria-label', 'aria-description', 'aria-valuetext'])
const WORD = /\p{L}{2,}/u

type Node = Record<string, unknown> & { type?: string }

/** Visits every node below; `visit` says false where it has dealt with what is inside. */
function walk(node: unknown, visit: (node: Node) => boolean): void {
  if (Array.isArray(node)) node.forEach((each) => walk(each, visit))
  else if (typeof node === 'object' && node !== null && visit(node as Node)) {
    for (const value of Object.values(node)) walk(value, visit)
  }
}

function literals(source: string): string[] {
  const found: string[] = []
  const texts = (node: unknown) =>
    walk(node, (each) => {
      if (each.type === 'StyleDirective') return false
      if (each.type === 'Attribute') {
        // the text of a class, a role or a path is nobody's to read
        const { name, value } = each as unknown as AST.Attribute
        if (SPOKEN.has(name)) texts(value)
        return false
      }
      if (each.type === 'Text' && WORD.test((each as unknown as AST.Text).data)) {
        found.push((each as unknown as AST.Text).data)
      }
      return true
    })
  texts(parse(source, { modern: true }).fragment)
  return found
}

/** Keys that the sources name whole, and the beginnings of those that they put together. */
const whole = new Set<string>()
const beginnings = new Set<string>()
for (const { source } of files) {
  for (const [, key] of source.matchAll(/'([a-z][\w-]*(?:\.[\w-]+)+)'/gi)) whole.add(key!)
  for (const [, beginning] of source.matchAll(/`([a-zA-Z]+(?:\.[\w-]+)*\.)\$\{/g)) beginnings.add(beginning!)
}

describe('messages', () => {
  it('finds literal text where there is some', () => {
    expect(literals('<p class="wide">Hello <b>{name}</b></p>')).toEqual(['Hello '])
    expect(literals('<button title="Press me" class="wide">{t("x")}</button>')).toEqual(['Press me'])
    expect(literals('<p class="wide">{t("home.title")} · {1}</p>')).toEqual([])
  })

  it.each(components.map(({ file, source }) => [file, source]))('no literal text in %s', (_file, source) => {
    expect(literals(source)).toEqual([])
  })

  it('every key that a source asks for exists', () => {
    const asked = files.flatMap(({ source }) => [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1]!))
    expect(asked.length).toBeGreaterThan(100)
    expect(asked.filter((key) => !keys.includes(key))).toEqual([])
    for (const beginning of beginnings) {
      expect(
        keys.some((key) => key.startsWith(beginning)),
        beginning,
      ).toBe(true)
    }
  })

  it('every member of a family has its message', () => {
    const families: Record<string, readonly string[]> = {
      stage: stageName.options,
      stageStatus: stageRecord.shape.status.options,
      status: [...runStatus.options, 'cancelling'],
      provenance: provenance.options,
      'home.board.state': boardSummary.shape.state.options,
      fact: Object.keys(METRICS),
    }
    const missing = Object.entries(families).flatMap(([family, members]) =>
      members.map((member) => `${family}.${member}`).filter((key) => !keys.includes(key)),
    )
    expect(missing).toEqual([])
  })

  it('no message is there for nothing', () => {
    const families = [...beginnings]
    // the task's description is named by the model list of the main process
    const named = /^task\.\w+\.(name|description)$/
    expect(
      keys.filter((key) => !whole.has(key) && !families.some((family) => key.startsWith(family)) && !named.test(key)),
    ).toEqual([])
  })

  it('every message is sound ICU', () => {
    for (const [key, text] of Object.entries(en)) {
      expect(() => new IntlMessageFormat(text, 'en-GB', undefined, { ignoreTag: true }), key).not.toThrow()
    }
  })
})
