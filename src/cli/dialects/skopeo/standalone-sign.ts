import { writeFile } from 'node:fs/promises'
import { readPassphrase } from '../../../copy/signatures/open-signers.ts'
import { fromFileError, LadingError } from '../../../errors/index.ts'
import { manifestDigest } from '../../../model/manifest-digest.ts'
import { defineCommand } from '../../command.ts'
import { argument, text } from '../../options.ts'
import { readGivenFile } from '../../read-given-file.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo standalone-sign` */
export const skopeoStandaloneSign = defineCommand({
  description: '',
  examples: [],
  arguments: {
    manifest: argument('MANIFEST', ''),
    identity: argument('DOCKER-REFERENCE', ''),
    key: argument('KEY-FINGERPRINT', ''),
  },
  options: {
    ...skopeoGlobals,
    output: text({ short: 'o', value: 'SIGNATURE', description: 'write the signature to this file' }),
    passphraseFile: text({ value: 'string', description: 'the passphrase of the key is in this file' }),
  },

  async run({ manifest, identity, key, output, passphraseFile }, { env, signal }) {
    if (!output) {
      throw new LadingError(
        'bad-argument',
        'Usage: skopeo standalone-sign manifest docker-reference key-fingerprint -o signature',
      )
    }
    const { bytes } = await readGivenFile(manifest, 'read manifest')
    const passphrase = await readPassphrase({ signPassphraseFile: passphraseFile || undefined })
    const { openSimpleSigner } = await import('../../../trust/simple-signing/open-simple-signer.ts')
    const signer = await openSimpleSigner(key, { environment: env, passphrase, signal })
    const signature = await signer.sign({ digest: manifestDigest(bytes), identity }, signal)
    const { formatImageSignature } = await import('../../../trust/image-signature.ts')
    try {
      await writeFile(output, formatImageSignature(signature))
    } catch (error) {
      throw fromFileError(error, { operation: 'write signature', subject: output, side: 'local' })
    }
  },
})
