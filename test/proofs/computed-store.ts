import { setImmediate } from 'node:timers/promises'
import { LadingError } from '../../src/errors/index.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import type { ListEntry, ListOptions, ObjectInfo, ObjectStore } from '../../src/stores/index.ts'
import { compareKeys } from '../../src/stores/key-order.ts'

/** How many of what the bucket has. */
export interface BucketSize {
  readonly images: number
  /** Each is of `layersOfTag` layers of its own and a config. */
  readonly tagsOfImage: number
  readonly layersOfTag: number
}

const time = new Date('2026-01-01T00:00:00Z')
/** Layers that many images share, the first of all blobs. */
const sharedLayers = 50
/** A page of a listing; a request ends a turn of the event loop, as it does elsewhere. */
const pageEntries = 1000
const platforms = ['amd64', 'arm64', 's390x', 'ppc64le']
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const numbered = (at: number) => String(at).padStart(6, '0')

/**
 * A bucket of any size that takes no memory: what it holds is computed when it is asked for. The tags of an image are plain but for the last,
 * which is an index of four platforms of fifty layers each. It can only be read.
 */
export function computedStore({
  images,
  tagsOfImage,
  layersOfTag,
}: BucketSize): ObjectStore & { readonly blobs: number } {
  const plainTags = tagsOfImage - 1
  const ofPlain = layersOfTag + 1
  const ofIndex = platforms.length * 2
  const ofImage = plainTags * ofPlain + ofIndex
  const blobs = sharedLayers + images * ofImage
  const step = Math.floor(2 ** 32 / blobs)

  /** In the order of their numbers, and evenly spread. */
  const hexOf = (at: number): string => {
    const first = (at * step).toString(16).padStart(8, '0')
    const second = (Math.imul(at + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
    return first + second.repeat(7)
  }
  const sizeOf = (at: number) => 1000 + (at % 5000)
  const layer = (at: number) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: `sha256:${hexOf(at)}`,
    size: sizeOf(at),
  })
  const manifestOf = (config: number, layers: readonly number[]) =>
    encode({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { ...layer(config), mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: layers.map(layer),
    })
  const shared = Array.from({ length: sharedLayers - 1 }, (_, at) => at)
  const platformsOf = (image: number) =>
    platforms.map((_, at) => {
      const first = sharedLayers + image * ofImage + plainTags * ofPlain + at * 2
      return manifestOf(first, [...shared, first + 1])
    })
  const rootOf = (image: number, tag: number): Uint8Array => {
    const first = sharedLayers + image * ofImage + tag * ofPlain
    if (tag < plainTags) {
      const own = Array.from({ length: layersOfTag }, (_, at) => first + 1 + at)
      return manifestOf(first, [image % sharedLayers, ...own])
    }
    const manifests = platformsOf(image).map((bytes, at) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(bytes),
      size: bytes.byteLength,
      platform: { os: 'linux', architecture: platforms[at] },
    }))
    return encode({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })
  }

  /** By the digest, which image and platform it is: what is small enough to be kept. */
  const documents = new Map<Digest, readonly [image: number, platform: number]>()
  for (let image = 0; image < images; image++) {
    for (const [at, bytes] of platformsOf(image).entries()) documents.set(digestOf(bytes), [image, at])
  }
  const documentKeys = [...documents.keys()].map(digest => `blobs/${digest.replace(':', '/')}`).sort(compareKeys)

  const infoOf = (key: string, size: number): ObjectInfo => ({ key, size, etag: 'x', modified: time })
  const bytesAt = (key: string): Uint8Array | undefined => {
    const tag = /^manifests\/team\/app-(\d+)\/v(\d+)\/(manifest|history)\.json$/.exec(key)
    if (tag !== null) {
      const root = rootOf(Number(tag[1]), Number(tag[2]))
      if (tag[3] === 'manifest') return root
      return encode([{ pushed_at: time.toISOString(), digest: digestOf(root), size_bytes: 0 }])
    }
    const known = documents.get(key.replace(/^blobs\/sha256\//, 'sha256:') as Digest)
    return known === undefined ? undefined : platformsOf(known[0])[known[1]]
  }

  function* blobInfos(prefix: string, after: string): Generator<ObjectInfo, void, undefined> {
    const digits = prefix.slice('blobs/sha256/'.length).slice(0, 8)
    const first = Math.floor(Number.parseInt(digits.padEnd(8, '0'), 16) / step)
    const start =
      after > prefix
        ? Math.floor(Number.parseInt(after.slice('blobs/sha256/'.length, 21).padEnd(8, '0'), 16) / step)
        : first
    let next = documentKeys.findIndex(key => key >= prefix && key > after)
    const document = (): string | undefined => (next === -1 ? undefined : documentKeys[next])
    for (let at = Math.max(0, start - 1); at <= blobs; at++) {
      const key = at === blobs ? 'blobs/sha256/~' : `blobs/sha256/${hexOf(at)}`
      for (let one = document(); one !== undefined && one < key && one.startsWith(prefix); one = document()) {
        yield infoOf(one, bytesAt(one)?.byteLength ?? 0)
        next += 1
      }
      if (!key.startsWith(prefix)) {
        if (key > prefix) return
        continue
      }
      if (at < blobs && key > after) yield infoOf(key, sizeOf(at))
    }
  }

  function* tagInfos(): Generator<ObjectInfo, void, undefined> {
    for (let image = 0; image < images; image++) {
      for (let tag = 0; tag < tagsOfImage; tag++) {
        const folder = `manifests/team/app-${numbered(image)}/v${numbered(tag)}`
        yield infoOf(`${folder}/history.json`, 140)
        yield infoOf(`${folder}/manifest.json`, 2000)
      }
    }
  }

  async function* list(prefix: string, { delimiter, startAfter = '' }: ListOptions = {}): AsyncGenerator<ListEntry> {
    if (delimiter !== undefined && prefix === '') {
      for (const folder of ['blobs/', 'manifests/']) yield { kind: 'prefix', prefix: folder }
      return
    }
    const infos = prefix.startsWith('blobs/sha256/')
      ? blobInfos(prefix, startAfter)
      : prefix.startsWith('manifests/')
        ? tagInfos()
        : []
    let count = 0
    for (const info of infos) {
      if (count++ % pageEntries === 0) await setImmediate()
      if (info.key.startsWith(prefix)) yield { kind: 'object', info }
    }
  }

  const refuse = () => {
    throw new LadingError('unsupported', 'a computed store is not written')
  }
  return {
    name: 'computed',
    listing: 'by-prefix',
    blobs: blobs + documentKeys.length,
    list,
    async head(key) {
      const bytes = bytesAt(key)
      return bytes === undefined ? undefined : infoOf(key, bytes.byteLength)
    },
    async get(key) {
      await setImmediate()
      const bytes = bytesAt(key)
      if (bytes === undefined) throw new LadingError('blob-not-found', 'there is no such object')
      return { info: infoOf(key, bytes.byteLength), body: once(bytes) }
    },
    put: refuse,
    delete: refuse,
    deleteMany: refuse,
    async [Symbol.asyncDispose]() {},
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
