import { isLadingError } from '../../src/errors/index.ts'
import type { HttpClient } from '../../src/http/index.ts'
import { digestParts } from '../../src/model/digest.ts'
import { type CloudOptions, type ObjectStore, openStore } from '../../src/stores/index.ts'
import { readAll } from '../../src/streams/index.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'

interface Located {
  /** `s3://bucket/prefix//app:v1` */
  readonly reference: string
  readonly cloud?: CloudOptions
}

const extras = ['extra/1', 'extra/2', 'extra/3']

function open({ reference, cloud = {} }: Located, http?: HttpClient): Promise<ObjectStore> {
  const [, scheme = '', root = ''] = /^(\w+):\/\/(.*)\/\/app:v1$/.exec(reference) ?? []
  if (http === undefined) return openStore({ scheme, root, ...cloud })
  return openStore({ scheme, root }, { http: async () => http, cloud, environment: process.env, warn: () => {} })
}

/** Puts an image and a few objects more into a bucket. */
export async function prepareStore(located: Located, putImage: () => Promise<void>): Promise<void> {
  await putImage()
  await using store = await open(located)
  for (const key of extras) await store.put(key, new TextEncoder().encode(key))
}

/**
 * Lists a bucket, reads a part of an object, and deletes what is no image's.
 *
 * @throws Error where an answer is taken for what it is not
 */
export async function useStore(
  located: Located,
  http: HttpClient,
  { root, blobs }: BuiltImage,
  signal: AbortSignal,
): Promise<void> {
  await using store = await open(located, http)
  try {
    const keys: string[] = []
    for await (const entry of store.list('', { signal })) {
      if (entry.kind === 'object') keys.push(entry.info.key)
    }
    const tag = ['history.json', 'manifest.json', 'oci-layout'].map(name => `manifests/app/v1/${name}`)
    const wanted = [...[...blobs.keys()].map(keyOf), ...tag]
    const missing = wanted.filter(key => !keys.includes(key))
    if (missing.length > 0) throw new Error(`the listing lacks ${missing}`)
    for (const [digest, bytes] of blobs) {
      if (digest === root.digest) continue
      const half = Math.floor(bytes.byteLength / 2)
      const { body } = await store.get(keyOf(digest), { range: { start: half }, signal })
      const read = await readAll(body, bytes.byteLength, digest)
      // Who reads a part checks the whole: that it has the right size is what a store promises.
      if (read.byteLength !== bytes.byteLength - half) throw new Error(`${read.byteLength} bytes came of ${digest}`)
      if ((await store.head(keyOf(digest), { signal }))?.size !== bytes.byteLength)
        throw new Error(`${digest} is absent`)
    }
    for await (const { error } of store.deleteMany(extras.slice(1), { signal })) if (error !== undefined) throw error
    await store.delete('extra/1', { signal })
  } catch (error) {
    throw isLadingError(error) ? error.with({ side: 'destination' }) : error
  }
}

function keyOf(digest: Parameters<typeof digestParts>[0]): string {
  const { algorithm, hex } = digestParts(digest)
  return `blobs/${algorithm}/${hex}`
}
