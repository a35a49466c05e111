import { flag, text } from '../../options.ts'

const notYet = (value: string) => text({ value, description: 'not there yet' })

/** Of simple signing. */
export const signatureOptions = {
  removeSignatures: flag({ description: 'copy no signatures' }),
  signBy: text({ value: 'FINGERPRINT', description: 'sign the image with this key of GnuPG' }),
  signPassphraseFile: text({ value: 'PATH', description: 'the passphrase of the key is in this file' }),
} as const

/** Each is known, and refused where it is given. */
export const signingOptions = {
  signBySigstore: notYet('PATH'),
  signBySigstorePrivateKey: notYet('PATH'),
  signBySqFingerprint: notYet('FINGERPRINT'),
} as const
