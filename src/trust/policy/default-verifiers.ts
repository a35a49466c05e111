import { LadingError } from '../../errors/index.ts'
import type { SignatureVerifiers } from './signature-verifiers.ts'

/** The cryptography, each part loaded when a signature of its kind is looked at. */
export const defaultVerifiers: SignatureVerifiers = {
  simple: async () => {
    throw new LadingError('unsupported', 'simple signatures cannot be checked yet')
  },
  sigstore: async () => {
    throw new LadingError('unsupported', 'signatures of sigstore cannot be checked yet')
  },
}
