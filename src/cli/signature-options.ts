import type { CopyOptions } from '../copy/index.ts'
import { defined } from './defined.ts'
import { flag, type OptionSpec, text } from './options.ts'

/** Simple signatures on many images at once: each gets its own name. */
export const syncSignatureOptions = {
  removeSignatures: flag({ description: 'Copy no signatures that are kept beside an image.' }),
  signBy: text({
    value: 'KEY',
    description:
      'Sign the copy with this key of GnuPG: a fingerprint, a key ID, or a part of the name (an e-mail address) that one secret key has.',
  }),
  signPassphraseFile: text({
    value: 'PATH',
    description: "The passphrase of the key is in this file. Not given: GnuPG's agent knows it, or asks.",
  }),
} as const

/** Simple signatures on one image: containers-signature(5). */
export const signatureOptions = {
  ...syncSignatureOptions,
  signIdentity: text({
    value: 'NAME',
    description:
      'Sign it for this name, like registry.example.com/app:v1. Not given: for that of DST; where that is not in a registry it must be given.',
  }),
} as const

type Given<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]?: ReturnType<O[K]['read']> }

/** What is said of signatures, as the library takes it. */
export function signaturesOf(
  input: Given<typeof signatureOptions>,
): Pick<CopyOptions, 'removeSignatures' | 'signBy' | 'signIdentity' | 'signPassphraseFile'> {
  const { removeSignatures, signBy, signIdentity, signPassphraseFile } = input
  // an option that is given and empty is none, as it is for skopeo
  return defined({
    removeSignatures: removeSignatures || undefined,
    signBy: signBy || undefined,
    signIdentity: signIdentity || undefined,
    signPassphraseFile: signPassphraseFile || undefined,
  })
}
