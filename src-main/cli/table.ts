/** Plain columns: text to the left, numbers to the right (a column is one when all its cells but the head look like one). */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^[−≈<\d–]/.test(row[column] ?? '')))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

const NAME_WIDTH = 40

/** Converters join the names of all that they fused with `;`: the first one will do in a table, and not all of it. */
export function shortName(name: string): string {
  const [first = name] = name.split(';')
  return first.length <= NAME_WIDTH ? first : `…${first.slice(1 - NAME_WIDTH)}`
}

/** `label   value` lines; rows without a value are left out. */
export function formatPairs(pairs: readonly (readonly [label: string, value: string | null])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null)
  const width = Math.max(...shown.map(([label]) => label.length))
  return shown.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n')
}
