import type { CopyOptions } from '../copy/index.ts'
import { askPassphrase } from './ask-passphrase.ts'
import type { CommandContext } from './context.ts'
import { defined } from './defined.ts'
import { flag, type OptionSpec, text } from './options.ts'
import { printable } from './printable.ts'

/** Signatures on many images at once: each gets its own name. */
export const syncSignatureOptions = {
  removeSignatures: flag({
    description: 'Copy no signatures, neither those that are kept beside an image nor those that are attached to it.',
  }),
  signBy: text({
    value: 'KEY',
    description:
      'Sign the copy with this key of GnuPG: a fingerprint, a key ID, or a part of the name (an e-mail address) that one secret key has.',
  }),
  signBySigstore: text({
    value: 'PATH',
    description:
      'Sign the copy as this file of parameters says: with a key of sigstore or with a certificate of Fulcio, and entered in a log of Rekor.',
  }),
  signBySigstorePrivateKey: text({
    value: 'PATH',
    description:
      'Sign the copy with the private key of sigstore in this file, as cosign and generate-sigstore-key write it.',
  }),
  signPassphraseFile: text({
    value: 'PATH',
    description: "The passphrase of the key is in this file. Not given: GnuPG's agent knows it, or it is asked for.",
  }),
} as const

/** Signatures on one image: containers-signature(5), and those of sigstore. */
export const signatureOptions = {
  ...syncSignatureOptions,
  signIdentity: text({
    value: 'NAME',
    description:
      'Sign it for this name, like registry.example.com/app:v1. Not given: for that of DST; where that is not in a registry it must be given.',
  }),
} as const

type SignatureWishes = Pick<
  CopyOptions,
  | 'removeSignatures'
  | 'signBy'
  | 'signIdentity'
  | 'signPassphraseFile'
  | 'signBySigstore'
  | 'signBySigstorePrivateKey'
  | 'askSignPassphrase'
>

type Given<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]?: ReturnType<O[K]['read']> }

/** What is said of signatures, as the library takes it. */
export function signaturesOf(input: Given<typeof signatureOptions>, context: CommandContext): SignatureWishes {
  const { removeSignatures, signBy, signIdentity, signPassphraseFile, signBySigstore, signBySigstorePrivateKey } = input
  const askSignPassphrase = (file: string) => askPassphrase(`Passphrase for key ${printable(file)}: `, context)
  // an option that is given and empty is none, as it is for skopeo
  return defined({
    askSignPassphrase: signBySigstore || signBySigstorePrivateKey ? askSignPassphrase : undefined,
    signBySigstore: signBySigstore || undefined,
    signBySigstorePrivateKey: signBySigstorePrivateKey || undefined,
    removeSignatures: removeSignatures || undefined,
    signBy: signBy || undefined,
    signIdentity: signIdentity || undefined,
    signPassphraseFile: signPassphraseFile || undefined,
  })
}
