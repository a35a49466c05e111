import { expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { blobKey } from '../../layout/index.ts'
import { digestOf } from '../../model/digest.ts'
import { memoryStore } from '../../stores/index.ts'
import { bytesOf } from '../../streams/index.ts'
import { storeWith } from '../../testing/store-with.ts'
import { bucketDestination } from './destination.ts'

const content = new TextEncoder().encode('a layer')
const node = { kind: 'layer', mediaType: 'x', digest: digestOf(content), size: content.byteLength } as const
const key = blobKey(node.digest)

/** A bucket whose blobs nobody may replace: that holds `held` under the node's name. */
async function destinationWith(held: Uint8Array | undefined) {
  const store = memoryStore()
  if (held !== undefined) await store.put(key, held)
  const refusing = storeWith(store, {
    listing: 'by-prefix',
    async put(name, body, options) {
      if (name === key) throw new LadingError('denied', 'a retention policy keeps the object as it is')
      return await store.put(name, body, options)
    },
  })
  return bucketDestination(refusing, { name: 'bucket', image: 'app', tag: 'v1' })
}

test('a blob that is written unasked, is there and must not be replaced is taken for what it is', async () => {
  await using destination = await destinationWith(content)
  await destination.push(node, bytesOf(content))
})

test.each([
  undefined,
  new Uint8Array(3),
])('a write that is refused is an error where the bucket holds %j', async held => {
  await using destination = await destinationWith(held)
  await expect(destination.push(node, bytesOf(content))).rejects.toMatchObject({ code: 'denied' })
})
