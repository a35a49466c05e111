import { type Digest, digestOf, isDigest } from '../../src/model/digest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { readAll } from '../../src/streams/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'
import type { FakeRepository } from '../../src/testing/fake-registry-repository.ts'

/** What stands at a destination when a copy has ended, read back past the proxy. */
export interface HeldImage {
  /** What the tag resolves to. */
  readonly root: Digest | undefined
  /** What is there, and right. */
  readonly right: ReadonlySet<Digest>
  /** Digests under which other bytes stand. */
  readonly wrong: readonly string[]
  /** How often the tag was written, where that is kept. */
  readonly entries?: number | undefined
}

class Reading {
  readonly right = new Set<Digest>()
  readonly wrong: string[] = []

  take(digest: string, bytes: Uint8Array): void {
    if (isDigest(digest) && digestOf(bytes) === digest) this.right.add(digest)
    else this.wrong.push(digest)
  }
}

/** Of `app:v1` in a bucket. */
export async function heldInStore(store: ObjectStore): Promise<HeldImage> {
  const reading = new Reading()
  let root: Digest | undefined
  let entries: number | undefined
  for await (const entry of store.list('')) {
    if (entry.kind !== 'object') continue
    const { key } = entry.info
    const [, algorithm, hex] = /^blobs\/([^/]+)\/([^/]+)$/.exec(key) ?? []
    const isTag = /^manifests\/app\/v1\/(manifest|history)\.json$/.test(key)
    if (hex === undefined && !isTag) continue
    const bytes = await readAll((await store.get(key)).body, Number.POSITIVE_INFINITY, key)
    if (hex !== undefined) reading.take(`${algorithm}:${hex}`, bytes)
    else if (key.endsWith('manifest.json')) root = digestOf(bytes)
    else entries = (JSON.parse(new TextDecoder().decode(bytes)) as unknown[]).length
  }
  return { root, right: reading.right, wrong: reading.wrong, entries }
}

/** Of a repository in this process. */
export function heldInMemory({ blobs, manifests, tags }: FakeRepository): HeldImage {
  const reading = new Reading()
  for (const [digest, bytes] of blobs) reading.take(digest, bytes)
  for (const [digest, { bytes }] of manifests) reading.take(digest, bytes)
  return { root: tags.get('v1'), right: reading.right, wrong: reading.wrong }
}

/** Of `v1` in a repository of a registry that asks nobody who they are. */
export async function heldInRegistry(repository: string, image: BuiltImage): Promise<HeldImage> {
  const reading = new Reading()
  const accept = { accept: image.root.mediaType }
  const read = async (path: string) => {
    const answer = await fetch(`${repository}/${path}`, { headers: accept })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    return answer.ok ? bytes : undefined
  }
  const root = await read('manifests/v1')
  for (const digest of image.blobs.keys()) {
    const bytes = await read(`${digest === image.root.digest ? 'manifests' : 'blobs'}/${digest}`)
    if (bytes !== undefined) reading.take(digest, bytes)
  }
  return { root: root && digestOf(root), right: reading.right, wrong: reading.wrong }
}
