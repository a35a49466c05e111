import type { ImageSigner } from '../../trust/image-signer.ts'

/** Which signatures the copy of an image gets. */
export interface SignatureOptions {
  /** Copy no signatures of the image. Those that it is to get are made all the same. */
  readonly removeSignatures?: boolean | undefined
  /** Fail where signatures of the image cannot be kept, before anything is moved. Default: it is said that they were left behind. */
  readonly requireSignatures?: boolean | undefined
  /** Sign the copy with this key of GnuPG: a fingerprint, a key ID, or a part of a user's name, of one secret key. */
  readonly signBy?: string | undefined
  /** The name that signatures are for, `registry.example.com/app:v1`. Default: the destination's own; outside of a registry it has none. */
  readonly signIdentity?: string | undefined
  /** The passphrase of the key. Default: what is in `signPassphraseFile`, or what GnuPG's agent knows or asks. */
  readonly signPassphrase?: string | undefined
  readonly signPassphraseFile?: string | undefined
  /** Sign the copy with this private key of sigstore: a file, as cosign and `generate-sigstore-key` write it. */
  readonly signBySigstorePrivateKey?: string | undefined
  /** Sign the copy as this file of parameters says: containers-sigstore-signing-params.yaml(5). */
  readonly signBySigstore?: string | undefined
  /** Asked for the passphrase of a key of sigstore that is given nowhere else. */
  readonly askSignPassphrase?: ((keyFile: string) => Promise<string | undefined>) | undefined
  /**
   * `configured`: signatures of sigstore in registries are read and written only where registries.d has `use-sigstore-attachments`, as the containers
   * tools do. Default: they are attached wherever that is possible.
   */
  readonly sigstoreAttachments?: 'configured' | undefined
  /** Sign the copy by these too. */
  readonly signers?: readonly ImageSigner[] | undefined
}

/** What became of simple signatures, and of those of sigstore that are kept as they are. */
export interface CarriedSignatures {
  /** Of the image, kept at the destination; with `dryRun`, what would be. */
  readonly copied: number
  readonly made: number
  /** Of the image, and not at the destination. */
  readonly leftOut: number
}
