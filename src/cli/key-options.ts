import { LadingError } from '../errors/index.ts'
import { ask } from './ask.ts'
import type { CommandContext } from './context.ts'
import { type OptionSpec, text } from './options.ts'
import { readGivenFile } from './read-given-file.ts'

const keyForms =
  'a file in PEM (plain, or encrypted as cosign does), env://VARIABLE, awskms:///alias/NAME, gcpkms://projects/…, ' +
  'azurekms://VAULT.vault.azure.net/KEY or hashivault://KEY'

/** The keys of `lading sign` and `lading verify`. Their names may hold commas. */
export function keysOption(description: string): OptionSpec<readonly string[]> {
  return {
    value: 'KEY',
    description: `${description} It is ${keyForms}. Given again, it adds up.`,
    read: words => words,
  }
}

export const passphraseFileOption = text({
  value: 'FILE',
  description:
    'The first line of this file is the passphrase of encrypted keys. Not given: COSIGN_PASSWORD, else it is asked for on a terminal.',
})

/** Where passphrases of keys come from. `undefined`: there is none, and no terminal to ask on. */
export async function passphraseOf(
  file: string | undefined,
  context: CommandContext,
): Promise<((key: string) => Promise<string>) | undefined> {
  if (file !== undefined) {
    const { bytes } = await readGivenFile(file, 'read passphrase')
    const [first = ''] = new TextDecoder().decode(bytes).split(/\r?\n/, 1)
    return async () => first
  }
  const { COSIGN_PASSWORD: given } = context.env
  if (given !== undefined) return async () => given
  // It is opened when a key asks for it, and most do not.
  return async key => {
    if (context.stdin().isTTY) return await ask(`Passphrase of ${key}: `, false, context)
    throw new LadingError('bad-key', 'the private key is encrypted, and there is no terminal to ask on', {
      operation: 'read key',
      subject: key,
      hint: 'name the file that holds its passphrase with --passphrase-file, or set COSIGN_PASSWORD',
    })
  }
}
