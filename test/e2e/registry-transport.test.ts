import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/http/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { hostPlatform } from '../../src/model/platform.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { transportSuite } from '../../src/testing/transport-suite.ts'
import { openRegistryDestination } from '../../src/transports/registry/destination.ts'
import { openRegistrySource } from '../../src/transports/registry/open-source.ts'
import { removeRegistryImage } from '../../src/transports/registry/remove.ts'
import type { TransportContext } from '../../src/transports/transport.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type RegistryOptions, type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { newFolder } from './lading.ts'

function sized(content: Uint8Array) {
  return { content, digest: digestOf(content), size: content.byteLength }
}

const kinds: [string, RegistryOptions, boolean | undefined][] = [
  ['without credentials', {}, undefined],
  ['with passwords', { auth: 'basic' }, undefined],
  ['with tokens', { auth: 'token' }, undefined],
  ['with TLS and an unknown authority', { tls: true }, false],
]

describeWithServices(['docker-registry'], 'docker-registry', () => {
  describe.each(kinds)('%s', (title, options, tlsVerify) => {
    let server: RegistryServer
    let http: HttpClient
    let authFile: string
    let count = 0
    beforeAll(async () => {
      server = await startRegistry(options)
      http = createHttpClient({ environment: {} })
      authFile = path.join(await newFolder(), 'auth.json')
      await writeFile(authFile, JSON.stringify({ auths: { [server.host]: { auth: btoa('test:secret') } } }))
    })
    afterAll(async () => {
      await http[Symbol.asyncDispose]()
      await server.stop()
    })
    const context = (side: 'source' | 'destination'): TransportContext => ({
      side,
      http: async () => http,
      credentials: { authFile },
      tlsVerify,
      cloud: {},
      environment: {},
      system: hostPlatform(),
      warn() {},
    })

    transportSuite(
      { describe, test },
      {
        name: `a registry ${title}`,
        place: async () => {
          const reference = {
            transport: 'registry',
            registry: server.host,
            repository: `suite/r${++count}`,
            tag: 'v1',
          } as const
          return {
            source: () => openRegistrySource(reference, context('source')),
            destination: () => openRegistryDestination(reference, context('destination')),
            remove: () => removeRegistryImage(reference, context('destination')),
          }
        },
        waivers: {
          'an image of sha512 digests is kept as it is': 'docker-registry 2.8 stores manifests under sha256 only',
        },
      },
    )

    test('a blob of another repository is mounted', async () => {
      const layer = {
        kind: 'layer',
        mediaType: 'application/octet-stream',
        ...sized(new Uint8Array(300_000).fill(count)),
      } as const
      const at = (repository: string) =>
        ({ transport: 'registry', registry: server.host, repository, tag: 'v1' }) as const
      await using from = await openRegistryDestination(at('mount/from'), context('destination'))
      await from.push(layer, bytesOf(layer.content))
      await using to = await openRegistryDestination(at('mount/to'), context('destination'))
      expect(await to.adopt?.(layer, { kind: 'repository', registry: server.host, repository: 'mount/from' })).toBe(
        true,
      )
      expect(await to.has(layer)).toBe(true)
      // An absent one begins an upload, which its push goes on with.
      const other = { ...layer, ...sized(new Uint8Array(300_000).fill(99)) }
      expect(await to.adopt?.(other, { kind: 'repository', registry: server.host, repository: 'mount/from' })).toBe(
        false,
      )
      await to.push(other, bytesOf(other.content))
      expect(await to.has(other)).toBe(true)
    })
  })
})
