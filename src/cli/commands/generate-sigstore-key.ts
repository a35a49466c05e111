import { LadingError } from '../../errors/index.ts'
import { defineCommand } from '../command.ts'
import type { Library } from '../library.ts'
import { text } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { readPassphrase } from '../read-passphrase.ts'
import { sharedOptions } from '../shared-options.ts'

export const generateSigstoreKeyCommand = defineCommand({
  description:
    'Makes a key pair (ECDSA on P-256) to sign images with: PREFIX.private, which is encrypted with a passphrase, and PREFIX.pub. ' +
    'They are in the format of cosign. Files that are there are not replaced.',
  arguments: {},
  options: {
    outputPrefix: text({ value: 'PREFIX', description: 'Write the keys to PREFIX.private and PREFIX.pub.' }),
    passphraseFile: text({
      value: 'PATH',
      description:
        'The passphrase for the private key is in this file. Not given: COSIGN_PASSWORD, else it is asked for.',
    }),
    output: sharedOptions.output,
  },
  examples: [
    { does: 'A key of your own', line: 'lading generate-sigstore-key --output-prefix release' },
    {
      does: 'To sign with',
      line: 'lading copy --sign-by-sigstore-private-key release.private app.tar registry.example.com/app:v1',
    },
  ],
  json: {
    what: 'An object',
    fields: {
      privateKeyFile: 'the file of the private key',
      publicKeyFile: 'the file of the public key',
    } satisfies Record<keyof Awaited<ReturnType<Library['generateSigstoreKey']>>, string>,
  },

  async run({ outputPrefix, passphraseFile, output }, context) {
    if (!outputPrefix) throw new LadingError('bad-argument', 'give the files a name with --output-prefix')
    const made = await context.library.generateSigstoreKey({
      outputPrefix,
      passphrase: async () =>
        (passphraseFile === undefined ? context.env.COSIGN_PASSWORD : undefined) ??
        (await readPassphrase(passphraseFile, `${outputPrefix}.private`, context)),
    })
    const { privateKeyFile, publicKeyFile } = made
    context.stdout.write(
      output === 'json'
        ? `${printableJson(made)}\n`
        : `Key written to ${printable(JSON.stringify(privateKeyFile))} and ${printable(JSON.stringify(publicKeyFile))}\n`,
    )
  },
})
