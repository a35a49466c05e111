import { LadingError } from '../../../errors/index.ts'
import { defineCommand } from '../../command.ts'
import { text } from '../../options.ts'
import { printable } from '../../printable.ts'
import { readPassphrase } from '../../read-passphrase.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo generate-sigstore-key`. */
export const skopeoGenerateSigstoreKey = defineCommand({
  description: '',
  examples: [],
  arguments: {},
  options: {
    ...skopeoGlobals,
    outputPrefix: text({ value: 'PREFIX', description: 'write the keys to PREFIX.pub and PREFIX.private' }),
    passphraseFile: text({ value: 'PATH', description: 'read the passphrase for the private key from this file' }),
  },

  async run({ outputPrefix, passphraseFile }, context) {
    if (!outputPrefix) throw new LadingError('bad-argument', 'Usage: generate-sigstore-key --output-prefix PREFIX')
    const { privateKeyFile, publicKeyFile } = await context.library.generateSigstoreKey({
      outputPrefix,
      passphrase: () => readPassphrase(passphraseFile, `${outputPrefix}.private`, context),
    })
    const [own, open] = [privateKeyFile, publicKeyFile].map(file => printable(JSON.stringify(file)))
    context.stdout.write(`Key written to ${own} and ${open}\n`)
  },
})
