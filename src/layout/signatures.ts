import { LadingError } from '../errors/index.ts'
import { type Digest, digestOf, digestParts, isDigest } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import type { ObjectStore } from '../stores/index.ts'
import { signaturesOf, signaturesPrefix } from './keys.ts'
import { readDocument } from './read-document.ts'

/** Signatures of one manifest, by their keys. */
export type StoredSignatures = ReadonlyMap<string, Uint8Array>

/** Whether the bucket holds any signature at all. */
export async function hasSignatures(store: ObjectStore, signal?: AbortSignal): Promise<boolean> {
  for await (const _ of store.list(signaturesPrefix, { signal })) return true
  return false
}

/** @throws LadingError `bad-layout` where one is not what its key says, `too-large` */
export async function readSignatures(
  store: ObjectStore,
  manifest: Digest,
  signal?: AbortSignal,
): Promise<StoredSignatures> {
  const found = new Map<string, Uint8Array>()
  for await (const entry of store.list(signaturesOf(manifest), { signal })) {
    const key = entry.kind === 'object' ? entry.info.key : ''
    if (parseSignatureKey(key) === undefined) continue
    if (found.size === limits.signatures)
      throw new LadingError('too-large', `the bucket has more than ${limits.signatures} signatures of ${manifest}`)
    const document = await readDocument(store, key, limits.signatureBytes, signal)
    if (document === undefined) continue
    if (signatureKey(manifest, document.bytes) !== key) throw new LadingError('bad-layout', `${key} is damaged`)
    found.set(key, document.bytes)
  }
  return found
}

/**
 * Keeps these beside a manifest. Each has a key of its own, made of its content, so that of two who add one at once neither takes the other's.
 *
 * @param replaced what goes, but for those that are written: those that are known, or all of them
 */
export async function writeSignatures(
  store: ObjectStore,
  manifest: Digest,
  signatures: readonly Uint8Array[],
  replaced: Iterable<string> | 'all',
  signal?: AbortSignal,
): Promise<void> {
  const keys = new Set<string>()
  for (const bytes of signatures) {
    const key = signatureKey(manifest, bytes)
    // Also where it is there: what a clean looks at is how old it is.
    await store.put(key, bytes, { signal })
    keys.add(key)
  }
  const old = replaced === 'all' ? (await readSignatures(store, manifest, signal)).keys() : replaced
  for (const key of old) if (!keys.has(key)) await store.delete(key, { signal })
}

/** The manifest of a signature. `undefined`: something else is kept under `key`. */
export function parseSignatureKey(key: string): Digest | undefined {
  if (!key.startsWith(signaturesPrefix)) return undefined
  const [algorithm, hex, name, ...rest] = key.slice(signaturesPrefix.length).split('/')
  const manifest = `${algorithm}:${hex}`
  return rest.length === 0 && isDigest(manifest) && isDigest(`sha256:${name}`) ? manifest : undefined
}

function signatureKey(manifest: Digest, bytes: Uint8Array): string {
  return `${signaturesOf(manifest)}${digestParts(digestOf(bytes)).hex}`
}
