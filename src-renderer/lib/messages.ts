// Every word on the screen comes from a message file, in ICU syntax.

import { IntlMessageFormat } from 'intl-messageformat'
import en from '../messages/en.json'

export type MessageKey = keyof typeof en
type Values = Record<string, string | number>

const LOCALE = 'en-GB'
const compiled = new Map<string, IntlMessageFormat>()

export const hasMessage = (key: string): key is MessageKey => Object.hasOwn(en, key)

export function t(key: MessageKey, values?: Values): string {
  let format = compiled.get(key)
  if (!format) {
    format = new IntlMessageFormat(en[key], LOCALE, undefined, { ignoreTag: true })
    compiled.set(key, format)
  }
  return format.format<string>(values) as string
}
