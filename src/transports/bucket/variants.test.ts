import { expect, test } from 'vitest'
import { blobKey } from '../../layout/index.ts'
import { digestOf } from '../../model/digest.ts'
import { ociLayerGzip } from '../../model/media-types.ts'
import { memoryStore } from '../../stores/index.ts'
import { bytesOf } from '../../streams/index.ts'
import { bucketDestination } from './destination.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const diffId = digestOf(encode('uncompressed'))
const content = encode('compressed')
const variant = { mediaType: ociLayerGzip, digest: digestOf(content), size: content.byteLength }

test('variants are blobs that are there with their size', async () => {
  const store = memoryStore()
  const destination = bucketDestination(store, { name: 'memory://app:v1', image: 'app', tag: 'v1' })
  expect(await destination.variants?.(diffId)).toEqual([])
  await destination.push({ kind: 'layer', ...variant }, bytesOf(content))
  await destination.rememberVariant?.(diffId, variant)
  await destination.rememberVariant?.(diffId, { ...variant, digest: digestOf(encode('absent')) })
  expect(await destination.variants?.(diffId)).toEqual([variant])
  await store.put(blobKey(variant.digest), encode('broken'))
  expect(await destination.variants?.(diffId)).toEqual([])
})

test('variants are those of the bucket, whatever the image', async () => {
  const store = memoryStore()
  const first = bucketDestination(store, { name: 'memory://app:v1', image: 'app', tag: 'v1' })
  await first.push({ kind: 'layer', ...variant }, bytesOf(content))
  await first.rememberVariant?.(diffId, variant)
  const other = bucketDestination(store, { name: 'memory://other:v2', image: 'other', tag: 'v2' })
  expect(await other.variants?.(diffId)).toEqual([variant])
})
