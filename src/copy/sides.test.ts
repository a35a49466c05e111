import { describe, expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { createDraft } from '../streams/index.ts'
import { buildImage } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
import type { ImageSource } from '../transports/index.ts'
import { destinationSide, says, sourceSide } from './sides.ts'

describe('what went wrong is said of the side where it did:', () => {
  test('a layer that breaks off while the destination writes it', async () => {
    const source: ImageSource = {
      ...memorySource(buildImage()),
      traits: { order: 'once', unpacked: true },
      async receive(take) {
        const body = (async function* () {
          yield new Uint8Array(9)
          throw new LadingError('bad-archive', 'the archive is cut off')
        })()
        await take({ size: 20, body })
      },
    }
    const to = destinationSide(memoryDestination())
    const received = sourceSide(source).receive?.(async ({ body }) => {
      const draft = createDraft(body)
      await to.pushDraft?.(draft)
      return draft.digest()
    })
    await expect(received).rejects.toMatchObject({ side: 'source', subject: 'memory source', operation: 'read layer' })
  })

  test('an error of the one side that passes through the other', async () => {
    const error = new LadingError('digest-mismatch', 'the layer is another one', { side: 'source' })
    const there = says('destination', 'oci:there')
    const thrown = says('source', 'oci:here')(() => there(() => Promise.reject(error), 'write layer'), 'read layer')
    await expect(thrown).rejects.toMatchObject({ side: 'source', subject: 'oci:here', operation: 'read layer' })
  })
})
