import { afterAll, beforeAll, describe, test } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { bytesOf, readAll } from '../../src/streams/index.ts'
import { openTestContext } from '../../src/testing/registry-context.ts'
import { transportSuite } from '../../src/testing/transport-suite.ts'
import { openDockerDaemonDestination } from '../../src/transports/docker-daemon/destination.ts'
import { parseDockerDaemonReference } from '../../src/transports/docker-daemon/reference.ts'
import { removeDaemonImage } from '../../src/transports/docker-daemon/remove.ts'
import { openDockerDaemonSource } from '../../src/transports/docker-daemon/source.ts'
import type { ImageSource } from '../../src/transports/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { engineKinds } from '../services/engine-kinds.ts'
import type { Engine } from '../services/start-docker.ts'

for (const { name, service, start } of engineKinds) {
  describeWithServices([service, 'busybox'], name, () => {
    let engine: Engine
    beforeAll(async () => {
      engine = await start()
    })
    afterAll(() => engine.stop())

    let places = 0
    transportSuite(
      { describe, test },
      {
        name: 'docker-daemon:',
        async place() {
          const reference = parseDockerDaemonReference(`docker-daemon:suite:${places++}`)
          const { context } = openTestContext()
          const here = { ...context, daemonHost: engine.host }
          return {
            source: async () => inMemory(await openDockerDaemonSource(reference, here)),
            destination: () => openDockerDaemonDestination(reference, here),
            remove: () => removeDaemonImage(reference, here),
          }
        },
        waivers: { 'an image of sha512 digests is kept as it is': 'Docker knows layers by sha256 alone' },
      },
    )
  })
}

/** A source that is read once, as one that can be read in any order. */
function inMemory(source: ImageSource): ImageSource {
  let received: Promise<Map<string, Uint8Array>> | undefined
  const receive = async () => {
    const blobs = new Map<string, Uint8Array>()
    await source.receive?.(async ({ body, size }) => {
      const bytes = await readAll(body, size, 'a layer')
      blobs.set(digestOf(bytes), bytes)
      return digestOf(bytes)
    })
    return blobs
  }
  const blobs = () => (received ??= receive())
  return {
    ...source,
    async resolve(signal) {
      await blobs()
      return await source.resolve(signal)
    },
    async *fetch(node, range) {
      const bytes = (await blobs()).get(node.digest)
      yield* bytes === undefined ? source.fetch(node, range) : bytesOf(bytes.subarray(range?.start, range?.end)).open()
    },
  }
}
