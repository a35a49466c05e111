import type { Digest } from '../model/digest.ts'
import type { ImageSignature } from './image-signature.ts'

/** Somebody who signs images while they are copied. */
export interface ImageSigner {
  /** As a user names it, for messages. */
  readonly name: string
  /** Of the signatures that it makes, which decides where they are kept. Default: `simple`. */
  readonly format?: ImageSignature['format']
  /** @param identity the docker reference that the signature is for: `registry.example.com/app:v1` */
  sign(image: { readonly digest: Digest; readonly identity: string }, signal?: AbortSignal): Promise<ImageSignature>
}
