import { LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import { version } from '../../version.ts'
import type { ImageSigner } from '../image-signer.ts'
import { findSigningKey } from './find-signing-key.ts'
import { type GpgRun, runGpg } from './gpg.ts'
import { formatSimplePayload } from './simple-payload.ts'

export interface SimpleSignerOptions extends GpgRun {
  /** Of the key. Default: GnuPG's agent knows it, or asks. */
  readonly passphrase?: string | undefined
  /** Seconds since 1970. Default: now. */
  readonly now?: () => number
}

/**
 * Somebody who signs with a key of GnuPG: containers-signature(5).
 *
 * @param key a fingerprint, a key ID or a part of a user's name, of one secret key
 * @throws LadingError `bad-argument`, `program-not-found`, `program-failed`
 */
export async function openSimpleSigner(key: string, options: SimpleSignerOptions): Promise<ImageSigner> {
  const { passphrase, now = () => Math.floor(Date.now() / 1000), ...gpg } = options
  if (passphrase !== undefined) {
    if (/[\n\0]/.test(passphrase)) {
      throw new LadingError('bad-argument', 'the passphrase has a line break in it, and GnuPG reads one line', {
        operation: 'read passphrase',
      })
    }
    keepSecret(passphrase)
  }
  const fingerprint = await findSigningKey(key, gpg)
  return {
    name: `the key ${fingerprint}`,
    async sign({ digest, identity }, signal = gpg.signal) {
      if (identity === '')
        throw new LadingError('bad-argument', 'a signature is for a name, and none is given', { operation: 'sign' })
      const content = {
        manifestDigest: digest,
        dockerReference: identity,
        creator: `lading ${version}`,
        timestamp: now(),
      }
      const payload = formatSimplePayload(content)
      const asks = passphrase === undefined ? [] : ['--pinentry-mode', 'loopback', '--passphrase-fd', '0']
      // GnuPG takes the first line for the passphrase, and the rest for what is to be signed.
      const input = passphrase === undefined ? payload : Buffer.concat([Buffer.from(`${passphrase}\n`), payload])
      // What a user's gpg.conf may ask for is another form of signature.
      const args = [
        ...asks,
        '--no-armor',
        '--no-textmode',
        '--compress-algo',
        'zip',
        '--local-user',
        fingerprint,
        '--sign',
      ]
      const bytes = await runGpg(args, 'sign', { ...gpg, signal, input })
      return { format: 'simple', bytes }
    },
  }
}
