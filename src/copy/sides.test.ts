import { expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { readAll } from '../streams/index.ts'
import { buildImage } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
import { destinationSide, sourceSide } from './sides.ts'

test('a layer that breaks off while it comes is the source’s failure, although the destination was reading', async () => {
  const image = buildImage({ layers: [new Uint8Array(1)] })
  const memory = memorySource(image)
  const source = sourceSide({
    ...memory,
    traits: { order: 'once', unpacked: true },
    async receive(take) {
      const body = (async function* () {
        yield new Uint8Array(1)
        throw new LadingError('network', 'the connection was closed')
      })()
      await take({ size: 2, body })
    },
  })
  const destination = destinationSide({
    ...memoryDestination(),
    pushDraft: async draft => void (await readAll(draft.read(), 10, 'a layer')),
  })
  const receiving = source.receive?.(async ({ body }) => {
    const draft = { read: () => body, digest: () => image.root.digest, size: 2 }
    await destination.pushDraft?.(draft)
    return image.root.digest
  })
  await expect(receiving).rejects.toMatchObject({ side: 'source', subject: memory.name, operation: 'read layer' })
})
