import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { isSignatureFile } from '../signature-file.ts'
import { blobFile, isDigestOf, readDocument, rootKey } from './image-files.ts'

/** The signatures of a manifest of the directory: those of its root stand under no digest. */
export async function readSignatureFiles(
  store: ObjectStore,
  manifest: Digest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const root = await readDocument(store, rootKey, signal)
  const isRoot = root !== undefined && isDigestOf(root.bytes, manifest)
  const signatures: Uint8Array[] = []
  for (let number = 1; ; number++) {
    const key = signatureFile(manifest, isRoot, number)
    const found = await readDocument(store, key, signal)
    if (found === undefined) return signatures
    if (number > limits.signatures)
      throw new LadingError('too-large', `the directory has more than ${limits.signatures} signatures of ${manifest}`)
    if (!isSignatureFile(found.bytes)) throw new LadingError('bad-layout', `${key} is no signature`)
    signatures.push(found.bytes)
  }
}

/** Makes these the signatures of each manifest, and no others. @returns the files that it wrote */
export async function writeSignatureFiles(
  store: ObjectStore,
  root: Digest,
  signatures: ReadonlyMap<Digest, readonly Uint8Array[]>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const files: string[] = []
  for (const [manifest, list] of signatures) {
    for (const [at, bytes] of list.entries()) {
      const key = signatureFile(manifest, manifest === root, at + 1)
      await store.put(key, bytes, { signal })
      files.push(key)
    }
    for (let number = list.length + 1; ; number++) {
      const key = signatureFile(manifest, manifest === root, number)
      if ((await store.head(key, { signal })) === undefined) break
      await store.delete(key, { signal })
    }
  }
  return files
}

function signatureFile(manifest: Digest, isRoot: boolean, number: number): string {
  return `${isRoot ? '' : `${blobFile(manifest)}.`}signature-${number}`
}
