// A kernel as assembly for people to read: the listing's own text, which GNU as makes the same bytes of. The C export writes
// it into its .S file, `thimble plan --listing` prints it.

import type { Assembled, ListingLine } from './layout.ts'

/** Where a remark begins. */
const REMARK_COLUMN = 44

/** What assembly text begins with, before its section. */
export const ASSEMBLY_HEAD: readonly string[] = ['    .syntax unified', '    .thumb']

export interface KernelTextOptions {
  /** a function's name; labels of the kernel are made local to it */
  symbol: string
  /** address and bytes of each instruction in its remark, the remark then on every line */
  showsBytes?: boolean
}

/** The function of a kernel, padded to a multiple of 4 bytes as the packer pads it. */
export function kernelText(code: Assembled, { symbol, showsBytes = false }: KernelTextOptions): string[] {
  const rename = (text: string) =>
    text.replace(/[A-Za-z_]\w*/g, (word) => (code.labels.has(word) ? `.L${symbol}_${word}` : word))
  return [
    `    .global ${symbol}`,
    `    .type ${symbol}, %function`,
    '    .thumb_func',
    `${symbol}:`,
    ...code.lines.map((line) => lineText(line, rename, showsBytes)),
    '    .balign 4, 0',
    `    .size ${symbol}, . - ${symbol}`,
  ]
}

function lineText(line: ListingLine, rename: (text: string) => string, showsBytes: boolean): string {
  const isLabel = line.text.endsWith(':')
  const shown = isLabel ? rename(line.text) : `    ${renameOperands(line.text, rename)}`
  const encoded = showsBytes && line.bytes.length > 0 ? encodedText(line) : ''
  const remark = [encoded, line.comment].filter((part) => part !== '').join('  ')
  return remark === '' ? shown : `${shown.padEnd(REMARK_COLUMN - 1)} @ ${remark}`
}

/** Address and halfwords in the order in which they lie in memory, as objdump shows them; a long table's first four. */
function encodedText({ address, bytes }: ListingLine): string {
  const halfwords: string[] = []
  for (let at = 0; at < bytes.length; at += 2) {
    const value = bytes[at]! + ((bytes[at + 1] ?? 0) << 8)
    halfwords.push(value.toString(16).padStart(4, '0'))
  }
  const shown = halfwords.length > MOST_HALFWORDS ? [...halfwords.slice(0, MOST_HALFWORDS), '…'] : halfwords
  return `${address.toString(16).padStart(4, '0')}: ${shown.join(' ').padEnd(9)}`.trimEnd()
}

const MOST_HALFWORDS = 4

/** A mnemonic is never a label. */
function renameOperands(text: string, rename: (text: string) => string): string {
  const end = text.indexOf(' ')
  return end < 0 ? text : text.slice(0, end) + rename(text.slice(end))
}
