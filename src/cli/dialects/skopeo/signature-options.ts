import { flag, text } from '../../options.ts'

/** Of simple signing and of sigstore. */
export const signatureOptions = {
  removeSignatures: flag({ description: 'copy no signatures' }),
  signBy: text({ value: 'FINGERPRINT', description: 'sign the image with this key of GnuPG' }),
  signBySigstore: text({ value: 'PATH', description: 'sign the image as this file of parameters says' }),
  signBySigstorePrivateKey: text({ value: 'PATH', description: 'sign the image with this private key of sigstore' }),
  signPassphraseFile: text({ value: 'PATH', description: 'the passphrase of the key is in this file' }),
} as const
