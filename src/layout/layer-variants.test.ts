import { describe, expect, test } from 'vitest'
import type { Descriptor } from '../model/descriptor.ts'
import { digestOf } from '../model/digest.ts'
import { ociLayerGzip, ociLayerZstd } from '../model/media-types.ts'
import { memoryStore, type ObjectStore } from '../stores/index.ts'
import { readAll } from '../streams/index.ts'
import { layerKey } from './keys.ts'
import { addVariant, readVariants } from './layer-variants.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const diffId = digestOf(encode('the layer'))
const key = layerKey(diffId)

function variant(name: string, mediaType = ociLayerGzip): Descriptor {
  return { mediaType, digest: digestOf(encode(name)), size: name.length }
}

async function documentOf(store: ObjectStore): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await readAll((await store.get(key)).body, 1_000_000, key)))
}

describe('the variants of a layer', () => {
  test('are kept under its uncompressed digest, newest first', async () => {
    const store = memoryStore()
    expect(await readVariants(store, diffId)).toEqual([])
    await addVariant(store, diffId, variant('one'))
    await addVariant(store, diffId, variant('two', ociLayerZstd))
    expect(key).toBe(`lading/layers/${diffId.replace(':', '/')}`)
    expect(await documentOf(store)).toEqual({ variants: [variant('two', ociLayerZstd), variant('one')] })
    expect(await readVariants(store, diffId)).toEqual([variant('two', ociLayerZstd), variant('one')])
  })

  test('hold a blob once, as it was said last', async () => {
    const store = memoryStore()
    await addVariant(store, diffId, variant('one'))
    await addVariant(store, diffId, variant('two'))
    await addVariant(store, diffId, { ...variant('one'), mediaType: 'other' })
    expect(await readVariants(store, diffId)).toEqual([{ ...variant('one'), mediaType: 'other' }, variant('two')])
  })

  test('the newest again is not written', async () => {
    const store = memoryStore({ now: () => new Date(clock++) })
    let clock = 0
    await addVariant(store, diffId, variant('one'))
    const before = await store.head(key)
    await addVariant(store, diffId, variant('one'))
    expect(await store.head(key)).toEqual(before)
  })

  test('of many at once none is lost', async () => {
    const store = memoryStore()
    const names = Array.from({ length: 20 }, (_, at) => `${at}`)
    await Promise.all(names.map(name => addVariant(store, diffId, variant(name))))
    const digests = (await readVariants(store, diffId)).map(({ digest }) => digest)
    expect(digests.sort()).toEqual(names.map(name => variant(name).digest).sort())
  })

  test('are bounded: the oldest are dropped', async () => {
    const store = memoryStore()
    for (let at = 0; at < 40; at++) await addVariant(store, diffId, variant(`${at}`))
    const kept = await readVariants(store, diffId)
    expect(kept).toHaveLength(32)
    expect(kept.at(-1)).toEqual(variant('8'))
  })

  test('keep what somebody else has added', async () => {
    const store = memoryStore()
    await store.put(key, encode(JSON.stringify({ by: 'x', variants: [{ ...variant('one'), by: 'y' }] })))
    expect(await readVariants(store, diffId)).toEqual([variant('one')])
    await addVariant(store, diffId, variant('two'))
    await addVariant(store, diffId, variant('one'))
    expect(await documentOf(store)).toEqual({ by: 'x', variants: [{ ...variant('one'), by: 'y' }, variant('two')] })
  })

  test.each([
    ['no JSON', '{"variants":['],
    ['no document', '[]'],
    ['no variants', '{"variants":{}}'],
    ['no descriptors', '{"variants":[1,null,{"mediaType":"","digest":"sha256:x","size":-1},{"digest":"x"}]}'],
  ])('that are %s are none, and the next begins anew', async (_, text) => {
    const store = memoryStore()
    await store.put(key, encode(text))
    expect(await readVariants(store, diffId)).toEqual([])
    await addVariant(store, diffId, variant('one'))
    expect(await readVariants(store, diffId)).toEqual([variant('one')])
  })

  test('that are too large are none, and stay so', async () => {
    const store = memoryStore()
    await store.put(key, new Uint8Array(65 * 1024).fill(32))
    expect(await readVariants(store, diffId)).toEqual([])
    await addVariant(store, diffId, variant('one'))
    expect(await readVariants(store, diffId)).toEqual([])
  })
})
