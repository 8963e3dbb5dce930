import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { forgetKey, listKeys, publicKeyText, trustKey } from '../../jobs/signing-keys.ts'
import { keyFolder } from '../../jobs/store-path.ts'
import { defineCommand } from '../command.ts'
import { formatTable } from '../table.ts'

const ACTIONS = ['list', 'trust', 'forget'] as const

/** Throws USAGE. */
function publicKey(text: string | undefined): string {
  const parsed = publicKeyText.safeParse(text?.toLowerCase())
  if (parsed.success) return parsed.data
  throw new AppError('USAGE', `${text ?? 'What is missing'} ${parsed.error.issues[0]!.message}.`)
}

export const keys = defineCommand({
  name: 'keys',
  args: [`<${ACTIONS.join('|')}>`, '[key]', '[name]'],
  summary: 'Whose packed models are taken: the key of this installation, and others',
  flags: [],
  options: z.object({}),
  async run([action, key, name], _, { storePath }) {
    const folder = keyFolder(storePath)
    if (action === 'list') return listKeys(folder)
    if (action === 'forget') return forgetKey(folder, publicKey(key))
    if (action !== 'trust') throw new AppError('USAGE', `thimble keys does not know ${action}: ${ACTIONS.join(', ')}.`)
    if (name === undefined) throw new AppError('USAGE', 'thimble keys trust takes a key and a name for it.')
    return trustKey(folder, { publicKey: publicKey(key), name })
  },
  print: (value) =>
    formatTable(
      ['public key', 'name'],
      value.map((row) => [row.publicKey, row.name]),
    ),
})
