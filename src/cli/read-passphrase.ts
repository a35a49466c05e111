import { LadingError } from '../errors/index.ts'
import { askPassphrase } from './ask-passphrase.ts'
import type { CommandContext } from './context.ts'
import { printable } from './printable.ts'
import { readGivenFile } from './read-given-file.ts'

/**
 * The passphrase for a key that is made: in the file, without the line's end that `echo` adds, else asked for on the terminal.
 *
 * @throws LadingError `bad-argument` where there is no terminal
 */
export async function readPassphrase(file: string | undefined, key: string, context: CommandContext): Promise<string> {
  if (file)
    return Buffer.from((await readGivenFile(file, 'read passphrase')).bytes)
      .toString()
      .replace(/\n$/, '')
  const asked = await askPassphrase(`Passphrase for key ${printable(key)}: `, context)
  if (asked !== undefined) return asked
  throw new LadingError('bad-argument', `Cannot prompt for a passphrase for key ${key}, standard input is not a TTY`, {
    hint: 'give the file that holds it with --passphrase-file',
  })
}
