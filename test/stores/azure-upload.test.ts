import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HttpRequest } from '../../src/http/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { type Bytes, bytesOf } from '../../src/streams/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type AzuriteServer, startAzurite } from '../services/start-azurite.ts'
import { blockOfContent, largeContent } from './azure-upload-worker.ts'
import { type Intercept, openAzure, operationOf } from './open-azure.ts'

const content = digestOf(largeContent)
const key = `blobs/${content.replace(':', '/')}`

describeWithServices(['azurite-blob'], 'large uploads to Azure', () => {
  let azurite: AzuriteServer
  let container: string
  let sent: HttpRequest[]
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite[Symbol.asyncDispose]())
  beforeEach(async () => {
    container = await azurite.container()
    sent = []
  })

  const open = (intercept: Intercept = (request, next) => next(request)): Promise<ObjectStore> =>
    openAzure(container, azurite.settings, (request, next) => {
      sent.push(request)
      return intercept(request, next)
    })
  const operations = () => sent.map(operationOf)
  const blocksSent = () => operations().filter(operation => operation === 'PUT block').length
  const stored = async () => await azurite.client(container).getBlobClient(key).downloadToBuffer()

  test('go up in blocks, committed once', async () => {
    await using store = await open()
    const info = await store.put(key, bytesOf(largeContent), { content })
    expect(info).toMatchObject({ key, size: largeContent.byteLength, etag: expect.any(String) })
    expect((await stored()).equals(largeContent)).toBe(true)
    expect(operations().toSorted()).toEqual([
      'GET blocklist',
      'HEAD blob',
      'PUT block',
      'PUT block',
      'PUT block',
      'PUT blocklist',
    ])
  })

  test('whose size nobody knows go up in blocks too', async () => {
    await using store = await open()
    await store.put('unknown', { open: from => bytesOf(largeContent).open(from) }, { ifNoneMatch: '*' })
    const client = azurite.client(container).getBlobClient('unknown')
    expect((await client.downloadToBuffer()).equals(largeContent)).toBe(true)
    expect(blocksSent()).toBe(3)
    const again = store.put('unknown', bytesOf(largeContent), { ifNoneMatch: '*' })
    await expect(again).rejects.toMatchObject({ code: 'precondition-failed' })
  })

  test('that are there already are not sent', async () => {
    await using store = await open()
    await store.put(key, bytesOf(largeContent), { content })
    sent = []
    expect(await store.put(key, bytesOf(largeContent), { content })).toMatchObject({ size: largeContent.byteLength })
    expect(operations()).toEqual(['GET blocklist', 'HEAD blob'])
  })

  test('go on after the blocks that a killed process has sent', async () => {
    const worker = join(import.meta.dirname, 'azure-upload-worker.ts')
    const child = spawn(process.execPath, [worker, container, JSON.stringify(azurite.settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await using store = await open()
    expect(await store.head(key)).toBeUndefined()
    await store.put(key, bytesOf(largeContent), { content })
    expect(blocksSent()).toBe(1)
    expect((await stored()).equals(largeContent)).toBe(true)
  })

  test('leave nothing behind that another upload could take for its own, where the content proved wrong', async () => {
    const failure = new Error('the digest is another')
    const { promise: arrived, resolve: arrives } = Promise.withResolvers<void>()
    const wrong: Bytes = {
      size: largeContent.byteLength,
      async *open() {
        const spoilt = new Uint8Array(blockOfContent(0))
        spoilt[5] = 1
        yield spoilt
        yield blockOfContent(1)
        await arrived
        throw failure
      },
    }
    await using store = await open(async (request, next) => {
      const response = await next(request)
      if (operationOf(request) === 'PUT block') arrives()
      return response
    })
    await expect(store.put(key, wrong, { content })).rejects.toBe(failure)
    expect(operations()).not.toContain('PUT blocklist')
    expect(await store.head(key)).toBeUndefined()
    await store.put(key, bytesOf(largeContent), { content })
    expect((await stored()).equals(largeContent)).toBe(true)
  })

  test('keep what is under the key until they are whole', async () => {
    await using store = await open()
    await store.put(key, bytesOf(blockOfContent(2)))
    const failing: Bytes = {
      size: largeContent.byteLength,
      async *open() {
        yield blockOfContent(0)
        yield blockOfContent(1)
        throw new Error('planted')
      },
    }
    await expect(store.put(key, failing, { content })).rejects.toThrow('planted')
    expect((await stored()).equals(blockOfContent(2))).toBe(true)
  })

  test.each([
    ['a block', 'PUT block', largeContent],
    ['a small object', 'PUT blob', largeContent.subarray(0, 1000)],
  ])('a wrong byte on the wire of %s is refused by Azure and sent again', async (_, operation, bytes) => {
    let spoilt = 0
    await using store = await open((request, next) => {
      if (operationOf(request) !== operation || !(request.body instanceof Uint8Array) || spoilt === 2)
        return next(request)
      spoilt++
      const body = new Uint8Array(request.body)
      body[500] = (body[500] ?? 0) ^ 1
      return next({ ...request, body })
    })
    await store.put(key, bytesOf(bytes), { content: digestOf(bytes) })
    expect(spoilt).toBe(2)
    expect((await stored()).equals(bytes)).toBe(true)
  })

  test('a wire that changes every byte ends in an error that says so', async () => {
    await using store = await open((request, next) =>
      next(
        request.body instanceof Uint8Array ? { ...request, body: new Uint8Array(request.body.byteLength) } : request,
      ),
    )
    await expect(store.put(key, bytesOf(largeContent), { content })).rejects.toMatchObject({
      code: 'network',
      message: 'the bytes were changed on their way to Azure',
      operation: 'write object',
      subject: `az://${container}//${key}`,
    })
    expect(await store.head(key)).toBeUndefined()
  })

  test('that somebody else finishes meanwhile are done', async () => {
    let others = 0
    await using store = await open(async (request, next) => {
      if (operationOf(request) === 'PUT blocklist' && others++ === 0) {
        const client = azurite.client(container).getBlockBlobClient(key)
        await client.upload(largeContent, largeContent.byteLength)
      }
      return await next(request)
    })
    expect(await store.put(key, bytesOf(largeContent), { content })).toMatchObject({ size: largeContent.byteLength })
    expect(blocksSent()).toBe(3)
    expect((await stored()).equals(largeContent)).toBe(true)
  })

  test('whose blocks somebody else throws away begin anew', async () => {
    let others = 0
    await using store = await open(async (request, next) => {
      if (operationOf(request) === 'PUT blocklist' && others++ === 0) {
        // (Azurite forgets them at a commit only, Azure also when the object is put)
        const client = azurite.client(container).getBlockBlobClient(key)
        const id = Buffer.alloc(39, 'x').toString('base64')
        await client.stageBlock(id, 'other', 5)
        await client.commitBlockList([id])
      }
      return await next(request)
    })
    await store.put(key, bytesOf(largeContent), { content })
    expect(blocksSent()).toBe(6)
    expect((await stored()).equals(largeContent)).toBe(true)
  })

  test('two at once of one content both succeed', async () => {
    await using store = await open()
    const both = [1, 2].map(() => store.put(key, bytesOf(largeContent), { content }))
    for (const info of await Promise.all(both)) expect(info.size).toBe(largeContent.byteLength)
    expect((await stored()).equals(largeContent)).toBe(true)
  })

  test('a part that cannot be sent stops the reading, and its own error comes out', async () => {
    let opened = 0
    let closed = 0
    const endless: Bytes = {
      size: largeContent.byteLength,
      async *open(_from, signal) {
        opened++
        try {
          yield blockOfContent(0)
          yield blockOfContent(1).subarray(0, 1000)
          await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        } finally {
          closed++
        }
      },
    }
    const refuse = { 'x-ms-error-code': 'AuthorizationPermissionMismatch', 'x-ms-request-id': '1' }
    await using store = await open(async (request, next) => {
      if (operationOf(request) !== 'PUT block') return await next(request)
      const { url } = request
      return {
        status: 403,
        url,
        headers: new Map(Object.entries(refuse)),
        body: bytesOf(new Uint8Array()).open(),
        discard: async () => {},
      }
    })
    await expect(store.put(key, endless, { content })).rejects.toMatchObject({
      code: 'denied',
      operation: 'write object',
    })
    expect([opened, closed]).toEqual([1, 1])
  })

  test('an abort ends them, and the reason comes out', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    await using store = await open(async (request, next) => {
      if (operationOf(request) === 'PUT block') controller.abort(reason)
      return await next(request)
    })
    const put = store.put(key, bytesOf(largeContent), { content, signal: controller.signal })
    await expect(put).rejects.toBe(reason)
    expect(await store.head(key)).toBeUndefined()
  })
})
