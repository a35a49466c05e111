import { describe, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { dockerManifest, ociIndex, ociManifest } from '../../model/media-types.ts'
import { readAll } from '../../streams/index.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { type Script, startScriptedServer } from '../../testing/scripted-server.ts'
import { openRegistryDestination } from './destination.ts'
import { openRegistrySource } from './open-source.ts'
import type { RegistryReference } from './reference.ts'

const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: {}, layers: [] }))
const digest = digestOf(manifest)
const whole = { 'content-type': ociManifest, 'docker-content-digest': digest, 'content-length': manifest.byteLength }
const root = { kind: 'manifest', mediaType: ociManifest, digest, size: manifest.byteLength } as const

/** A registry that answers as scripted, with a handle on each side of it. */
async function open(script: Script, named: Partial<RegistryReference> = { tag: 'v1' }) {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const test = openTestContext()
  onTestFinished(() => test[Symbol.asyncDispose]())
  const reference: RegistryReference = { transport: 'registry', registry: server.host, repository: 'a/b', ...named }
  return {
    server,
    retries: test.retries,
    source: await openRegistrySource(reference, test.context),
    destination: await openRegistryDestination(reference, test.context),
  }
}

/** HEAD with these headers; GET with these and the manifest. */
const answering =
  (
    head: Record<string, string | number>,
    get: Record<string, string | number> = whole,
    bytes: Buffer = manifest,
  ): Script =>
  ({ method }, response) =>
    void response.writeHead(200, method === 'HEAD' ? head : get).end(method === 'HEAD' ? undefined : bytes)

describe('resolving', () => {
  test('takes one HEAD where the registry answers it well', async () => {
    const { server, source } = await open(answering({ ...whole, 'content-type': `${ociManifest}; charset=utf-8` }))
    expect(await source.resolve()).toEqual(root)
    expect(server.log).toEqual(['HEAD /v2/a/b/manifests/v1'])
    expect(server.requests[0]?.headers.accept).toContain(`${ociIndex}, `)
  })

  const { 'docker-content-digest': _digest, ...withoutDigest } = whole
  const { 'content-length': _length, ...withoutLength } = whole
  test.each<[string, Record<string, string | number>]>([
    ['no digest', withoutDigest],
    ['no length', withoutLength],
    ['a length of 0', { ...whole, 'content-length': 0 }],
    ['a generic type', { ...whole, 'content-type': 'application/json' }],
    ['no type', withoutLength],
    ['a digest that is none', { ...whole, 'docker-content-digest': 'sha256:abc' }],
  ])('takes a GET where HEAD gives %s, and reads the root once', async (_, head) => {
    const { server, source } = await open(answering(head, { 'content-type': 'text/plain' }))
    const node = await source.resolve()
    expect(node).toEqual(root)
    expect(Buffer.from(await readAll(source.fetch(node), 1e6, 'it'))).toEqual(manifest)
    expect(server.log).toEqual(['HEAD /v2/a/b/manifests/v1', 'GET /v2/a/b/manifests/v1'])
  })

  test.each([400, 405])('takes a GET where HEAD is answered %i', async status => {
    const { source } = await open(({ method }, response) => {
      if (method === 'HEAD') response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0' }).end()
      else response.writeHead(200, whole).end(manifest)
    })
    expect(await source.resolve()).toEqual(root)
  })

  test('with a tag and a digest asks for the digest', async () => {
    const { server, source } = await open(answering(whole), { tag: 'v1', digest })
    await source.resolve()
    expect(server.log).toEqual([`HEAD /v2/a/b/manifests/${digest}`])
  })

  test('reads a manifest again that comes with a wrong byte', async () => {
    let count = 0
    const { source } = await open(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(200, whole).end()
      const wrong = Buffer.from(manifest)
      wrong[5] = (wrong[5] ?? 0) ^ 1
      response.writeHead(200, whole).end(count++ === 0 ? wrong : manifest)
    })
    expect(Buffer.from(await readAll(source.fetch(await source.resolve()), 1e6, 'it'))).toEqual(manifest)
    expect(count).toBe(2)
  })

  test('does not believe another digest than the one asked for', async () => {
    const other = Buffer.from('{"schemaVersion":2,"manifests":[]}')
    const headers = { ...whole, 'docker-content-digest': digestOf(other), 'content-length': other.byteLength }
    const { source } = await open(answering(headers, headers, other), { digest })
    await expect(source.resolve()).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test.each([
    [404, '', 'image-not-found', /has no tag v1/],
    [
      401,
      '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
      'unauthorized',
      /does not exist, or/,
    ],
    [403, '', 'denied', /does not exist, or/],
    [429, 'slow down', 'rate-limited', /no more requests/],
    [500, '<html>', 'server-error', /answered 500 for manifest v1 \(tried 5 times/],
    [
      418,
      '{"errors":[{"code":"TEAPOT","message":"short\\u001b[31m and stout"}]}',
      'protocol-error',
      /TEAPOT, short \[31m and stout/,
    ],
  ])('a registry that answers %i', async (status, body, code, message) => {
    const { source } = await open(({ method }, response) => {
      // Told by GET: the answer to a HEAD has no body.
      if (method === 'HEAD' && status !== 404) response.writeHead(200).end()
      else response.writeHead(status).end(body)
    })
    await expect(source.resolve()).rejects.toMatchObject({ code, status, message: expect.stringMatching(message) })
  })

  test('a manifest of more than 4 MiB is refused while it is read', async () => {
    let sent = 0
    const { source } = await open(async ({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(405).end()
      for (; sent < 200 && !response.destroyed; sent++) {
        if (!response.write(Buffer.alloc(1 << 20, ' ')))
          await new Promise(resolve => response.once('drain', resolve).once('close', resolve))
      }
      response.end()
    })
    await expect(source.resolve()).rejects.toMatchObject({ code: 'too-large' })
    expect(sent).toBeLessThan(100)
  })

  test('a manifest that breaks off is asked for again', async () => {
    let count = 0
    const { source, retries } = await open(({ method, raw }, response) => {
      if (method === 'HEAD') response.writeHead(405).end()
      else if (count++ === 0) response.writeHead(200, whole).write('{', () => raw.socket.destroy())
      else response.writeHead(200, whole).end(manifest)
    })
    expect(await source.resolve()).toEqual(root)
    expect(retries).toHaveLength(1)
  })
})

describe('the destination', () => {
  test('with nothing to do sends no GET', async () => {
    const { server, destination } = await open(answering(whole))
    expect(await destination.current()).toBe(digest)
    expect(await destination.commit(root, manifest, { force: false, imageBytes: 1 })).toEqual({
      changed: false,
      previous: digest,
    })
    expect(server.log).toEqual(['HEAD /v2/a/b/manifests/v1'])
  })

  const storing =
    (headers: Record<string, string>, status = 201): Script =>
    async (request, response) => {
      await request.body()
      response.writeHead(request.method === 'PUT' ? status : 404, headers).end()
    }

  test('stores the exact bytes under their type', async () => {
    const bodies: [string | undefined, string][] = []
    const { destination } = await open(async (request, response) => {
      if (request.method === 'PUT') bodies.push([request.headers['content-type'], String(await request.body())])
      response.writeHead(request.method === 'PUT' ? 201 : 404).end()
    })
    const pretty = Buffer.from(' {"odd":   "spacing"}\n')
    const node = { ...root, mediaType: dockerManifest, digest: digestOf(pretty), size: pretty.byteLength }
    expect(await destination.commit(node, pretty, { force: false, imageBytes: 1 })).toEqual({ changed: true })
    expect(bodies).toEqual([[dockerManifest, String(pretty)]])
  })

  test('what was stored with a wrong byte is sent again', async () => {
    const stored = [digestOf(Buffer.from('x')), digest]
    const { destination } = await open(({ method }, response) => {
      if (method !== 'PUT') return void response.writeHead(404).end()
      response.writeHead(201, { 'docker-content-digest': stored.shift() }).end()
    })
    expect(await destination.commit(root, manifest, { force: false, imageBytes: 1 })).toEqual({ changed: true })
    expect(stored).toEqual([])
  })

  test('a page that is answered to a PUT is no sign that anything was stored', async () => {
    const { destination } = await open(({ method }, response) => {
      if (method === 'PUT') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
      else response.writeHead(404).end()
    })
    const commit = destination.commit(root, manifest, { force: false, imageBytes: 1 })
    await expect(commit).rejects.toMatchObject({
      code: 'protocol-error',
      message: expect.stringMatching(/stored nothing where/),
    })
  })

  test('a PUT answered with another digest is an error', async () => {
    const { destination } = await open(storing({ 'docker-content-digest': digestOf(Buffer.from('x')) }))
    const commit = destination.commit(root, manifest, { force: false, imageBytes: 1 })
    await expect(commit).rejects.toMatchObject({
      code: 'protocol-error',
      message: expect.stringMatching(/stored sha256:.* where/),
    })
  })

  test('a PUT answered with the digest in another algorithm is none', async () => {
    const { destination } = await open(storing({ 'docker-content-digest': digestOf(manifest, 'sha512') }))
    expect(await destination.commit(root, manifest, { force: false, imageBytes: 1 })).toEqual({ changed: true })
  })

  test('an immutable tag is told as one', async () => {
    const { destination } = await open(async (request, response) => {
      await request.body()
      const says = '{"errors":[{"code":"TAG_INVALID","message":"the tag exists and the repository is immutable"}]}'
      response
        .writeHead(request.method === 'PUT' ? 400 : 404, { 'docker-distribution-api-version': 'registry/2.0' })
        .end(says)
    })
    await expect(destination.commit(root, manifest, { force: false, imageBytes: 1 })).rejects.toMatchObject({
      code: 'tag-exists',
    })
  })

  test('an image cannot be stored under the digest of another', async () => {
    const { destination } = await open(storing({}), { digest: digestOf(Buffer.from('x')) })
    const commit = destination.commit(root, manifest, { force: false, imageBytes: 1 })
    await expect(commit).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})
