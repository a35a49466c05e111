import { mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromFileError, systemCode } from '../errors/index.ts'
import { readSmallFile } from '../streams/index.ts'
import { replaceFile } from '../streams/replace-file.ts'
import { parseAuthJson } from './auth-file.ts'

/** The whole document of an authentication file, fields that we do not know included. */
export type AuthDocument = Record<string, unknown> & { auths?: Record<string, unknown> }

/**
 * Changes an authentication file: what `change` does to the document is written as a whole or not at all, for this user's eyes only.
 * `change` returns whether there is anything to write.
 *
 * @throws LadingError `bad-auth-file`, `io`, `disk-full`
 */
export async function changeAuthFile(path: string, change: (document: AuthDocument) => boolean): Promise<void> {
  try {
    // A link is kept: people keep this file among their dotfiles, or in a mounted secret.
    const file = await realpath(path).catch(() => path)
    const document = parseAuthJson(await readIfThere(file), path) as AuthDocument // entries are replaced whole, never read
    if (!change(document)) return
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await replaceFile(file, `${JSON.stringify(document, undefined, '\t')}\n`, { mode: 0o600, durable: true })
  } catch (error) {
    throw fromFileError(error, { operation: 'write the authentication file', side: 'local', subject: path })
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return (await readSmallFile(path)).toString()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  }
}
