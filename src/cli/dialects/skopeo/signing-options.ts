import { text } from '../../options.ts'

const notYet = (value: string) => text({ value, description: 'not there yet' })

/** Each is known, and refused where it is given. */
export const signingOptions = {
  signBy: notYet('FINGERPRINT'),
  signBySigstore: notYet('PATH'),
  signBySigstorePrivateKey: notYet('PATH'),
  signBySqFingerprint: notYet('FINGERPRINT'),
  signIdentity: notYet('string'),
  signPassphraseFile: notYet('PATH'),
} as const
