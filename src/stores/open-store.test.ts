import { expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import type { HttpClient } from '../http/index.ts'
import { openStore } from './open-store.ts'

test.each(['ftp', 'constructor', ''])('the scheme %j is no store', async scheme => {
  await expect(openStore({ scheme, root: 'x' })).rejects.toMatchObject({ code: 'bad-argument' })
})

test('what is said of certificates holds for every request of a store', async () => {
  const asked: (boolean | undefined)[] = []
  const http: HttpClient = {
    async request({ tlsVerify }) {
      asked.push(tlsVerify)
      throw new LadingError('network', 'no')
    },
    direct: () => undefined,
    pause: async () => true,
    [Symbol.asyncDispose]: async () => {},
  }
  const context = { http: async () => http, cloud: { endpoint: 'https://gcs.test' }, environment: {}, warn: () => {} }
  await using store = await openStore({ scheme: 'gs', root: 'bucket' }, { ...context, tlsVerify: false })
  await expect(store.head('a')).rejects.toMatchObject({ code: 'network' })
  expect(asked).toEqual([false])
})
