import { LadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'
import type { ObjectStore } from '../stores/index.ts'
import { tagKeys } from './keys.ts'
import { readDocument } from './read-document.ts'

/** A signature that s3lo keeps with a tag. Nothing of it is believed. */
export interface TagSignature {
  /** Of its file, without the folder. */
  readonly name: string
  /** `undefined`: larger than any such signature. */
  readonly bytes: Uint8Array | undefined
}

/** What s3lo keeps in `manifests/<image>/<tag>/signatures/`, in the order of the keys. @throws LadingError `too-large` for too many */
export async function* readTagSignatures(
  store: ObjectStore,
  image: string,
  tag: string,
  signal?: AbortSignal,
): AsyncGenerator<TagSignature, void, undefined> {
  const { signatures: prefix } = tagKeys(image, tag)
  let count = 0
  for await (const entry of store.list(prefix, { delimiter: '/', signal })) {
    if (entry.kind !== 'object' || !entry.info.key.endsWith('.json')) continue
    if (++count > limits.tagSignatures) {
      throw new LadingError('too-large', `more than ${limits.tagSignatures} signatures are kept with the tag`)
    }
    const { key, size } = entry.info
    const name = key.slice(prefix.length)
    if (size > limits.tagSignatureBytes) {
      yield { name, bytes: undefined }
      continue
    }
    const document = await readDocument(store, key, limits.tagSignatureBytes, signal)
    // removed since it was listed
    if (document !== undefined) yield { name, bytes: document.bytes }
  }
}
