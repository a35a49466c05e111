import { list, text } from '../../options.ts'

const notYet = (value: string) => text({ value, description: 'not there yet' })
const severalNotYet = (value: string) => list({ value, description: 'not there yet' }, word => word)

/** Each is known, and refused where it is given. */
export const signingOptions = {
  signBy: notYet('FINGERPRINT'),
  signBySigstore: notYet('PATH'),
  signBySigstorePrivateKey: notYet('PATH'),
  signBySqFingerprint: notYet('FINGERPRINT'),
  signIdentity: notYet('string'),
  signPassphraseFile: notYet('PATH'),
} as const

/** Each is known, and refused where it is given. */
export const encryptionOptions = {
  decryptionKey: severalNotYet('strings'),
  encryptionKey: severalNotYet('strings'),
  encryptLayer: severalNotYet('ints'),
} as const
