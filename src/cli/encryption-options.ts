import type { CopyOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import { defined } from './defined.ts'
import { list, type OptionSpec } from './options.ts'

/** A passphrase may have a comma: these are given again, and never in one word. */
function keys(value: string, description: string): OptionSpec<readonly string[]> {
  return { value, description, read: words => words }
}

/** How layers are encrypted and decrypted: skopeo-copy(1), ocicrypt. */
export const encryptionOptions = {
  encryptionKey: keys(
    'PROTOCOL:KEY',
    'Encrypt the layers for who has the private key: jwe:PUBLIC-KEY-FILE, pkcs7:CERTIFICATE-FILE, pgp:E-MAIL-ADDRESS (GnuPG knows the key) or ' +
      'provider:NAME. Give it again for several; each can open the image. With --decryption-key, layers that are encrypted already are opened to these too.',
  ),
  encryptLayer: list(
    {
      value: 'INDEX',
      description: 'Encrypt these layers alone: 0 is the first, -1 the last. Give it again or with commas for several.',
    },
    parseLayerIndex,
  ),
  decryptionKey: keys(
    'FILE[:PASSPHRASE]',
    'Decrypt the layers with this private key, in PEM, DER, as a JWK or as gpg --export-secret-keys writes it, or with provider:NAME. ' +
      'The passphrase can be in a file, as FILE:file=PATH. Give it again for several, which are tried in turn.',
  ),
} as const

type Given = { readonly [K in keyof typeof encryptionOptions]: ReturnType<(typeof encryptionOptions)[K]['read']> }

/** The options of a copy. */
export function encryptionOf({
  encryptionKey,
  encryptLayer,
  decryptionKey,
}: Given): Pick<CopyOptions, 'encryptionKeys' | 'encryptLayers' | 'decryptionKeys'> {
  const some = <T>(values: readonly T[]) => (values.length === 0 ? undefined : values)
  return defined({
    encryptionKeys: some(encryptionKey),
    encryptLayers: some(encryptLayer),
    decryptionKeys: some(decryptionKey),
  })
}

/** @throws LadingError `bad-argument` */
export function parseLayerIndex(word: string): number {
  if (/^[+-]?\d{1,6}$/.test(word)) return Number(word)
  throw new LadingError('bad-argument', `a layer is named by a whole number, not ${JSON.stringify(word)}`)
}
