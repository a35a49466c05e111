import { describe, expect, test } from 'vitest'
import { ociIndex } from '../model/media-types.ts'
import { startFakeRegistry } from './fake-registry.ts'
import { fakeCredentials } from './fake-registry-auth.ts'
import type { RegistryQuirks } from './fake-registry-quirks.ts'

const content = Buffer.from('the content of a blob')
const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] }))
const accept = { accept: ociIndex }
const basic = `Basic ${btoa(`${fakeCredentials.username}:${fakeCredentials.password}`)}`

/** A registry that holds `app:v1` and a blob. */
async function startWith(quirks: Partial<RegistryQuirks>) {
  const registry = await startFakeRegistry({ quirks })
  const repository = registry.repository('app')
  repository.addManifest(ociIndex, index, 'v1')
  const app = `${registry.url}/v2/app`
  const blob = `${app}/blobs/${repository.addBlob(content)}`
  return {
    registry,
    app,
    blob,
    manifest: `${app}/manifests/v1`,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}

describe('quirks', () => {
  test('noContentDigest', async () => {
    await using fake = await startWith({ noContentDigest: true })
    const answer = await fetch(fake.manifest, { method: 'HEAD', headers: accept })
    expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, null])
  })

  test('headStatus', async () => {
    await using fake = await startWith({ headStatus: 405 })
    expect((await fetch(fake.manifest, { method: 'HEAD', headers: accept })).status).toBe(405)
    expect((await fetch(fake.manifest, { headers: accept })).status).toBe(200)
  })

  test('headWithoutLength', async () => {
    await using fake = await startWith({ headWithoutLength: true })
    expect((await fetch(fake.blob, { method: 'HEAD' })).headers.get('content-length')).toBeNull()
  })

  test('ignoresRange', async () => {
    await using fake = await startWith({ ignoresRange: true })
    const answer = await fetch(fake.blob, { headers: { range: 'bytes=4-' } })
    expect([answer.status, await answer.text()]).toEqual([200, content.toString()])
  })

  test('compressesBlobs, unless identity is asked for', async () => {
    await using fake = await startWith({ compressesBlobs: true })
    const encodings = []
    for (const encoding of ['identity', 'gzip']) {
      const answer = await fetch(fake.blob, { headers: { 'accept-encoding': encoding } })
      expect(await answer.text()).toBe(content.toString())
      encodings.push(answer.headers.get('content-encoding'))
    }
    expect(encodings).toEqual([null, 'gzip'])
  })

  test('redirectsBlobs to an origin that refuses credentials', async () => {
    await using fake = await startWith({ redirectsBlobs: true })
    const first = await fetch(fake.blob, { redirect: 'manual' })
    const location = first.headers.get('location') ?? ''
    expect([first.status, new URL(location).origin]).toEqual([307, fake.registry.otherUrl])
    expect(await (await fetch(location)).text()).toBe(content.toString())
    expect((await fetch(location, { headers: { authorization: 'Bearer x' } })).status).toBe(400)
    expect((await fetch(location.replace('secret', 'wrong'))).status).toBe(403)
  })

  test.each(['absolute', 'other-origin'] as const)('uploadLocation: %s', async uploadLocation => {
    await using fake = await startWith({ uploadLocation })
    const answer = await fetch(`${fake.app}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(answer.headers.get('location') ?? '')
    expect(location.origin).toBe(uploadLocation === 'absolute' ? fake.registry.url : fake.registry.otherUrl)
    location.searchParams.set('digest', fake.blob.slice(fake.blob.lastIndexOf('/') + 1))
    expect((await fetch(location, { method: 'PUT', body: content })).status).toBe(201)
    location.searchParams.delete('_state')
    expect((await fetch(location, { method: 'PUT', body: content })).status).toBe(404)
  })

  test('emptyRange', async () => {
    await using fake = await startWith({ emptyRange: true })
    expect((await fetch(`${fake.app}/blobs/uploads/`, { method: 'POST' })).headers.get('range')).toBe('0-0')
  })

  test('maxBodyBytes', async () => {
    await using fake = await startWith({ maxBodyBytes: 10 })
    const start = await fetch(`${fake.app}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(start.headers.get('location') ?? '', fake.registry.url)
    expect((await fetch(location, { method: 'PATCH', body: content })).status).toBe(413)
    expect((await fetch(location, { method: 'PATCH', body: content.subarray(0, 10) })).status).toBe(202)
  })

  test.each<[keyof RegistryQuirks, string]>([
    ['refusesMounts', 'mount=DIGEST&from=app'],
    ['ignoresPostDigest', 'digest=DIGEST'],
  ])('%s: an upload is answered', async (quirk, query) => {
    await using fake = await startWith({})
    const digest = fake.blob.slice(fake.blob.lastIndexOf('/') + 1)
    const post = () =>
      fetch(`${fake.app}/blobs/uploads/?${query.replace('DIGEST', digest)}`, { method: 'POST', body: content })
    expect((await post()).status).toBe(201)
    Object.assign(fake.registry.quirks, { [quirk]: true })
    expect((await post()).status).toBe(202)
  })

  test('tooManyRequests', async () => {
    await using fake = await startWith({ tooManyRequests: { times: 1, retryAfter: '2' } })
    const first = await fetch(fake.blob)
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '2'])
    expect((await fetch(fake.blob)).status).toBe(200)
  })

  test('pullLimitReached counts GET only', async () => {
    await using fake = await startWith({ pullLimitReached: true })
    const answer = await fetch(fake.manifest, { headers: accept })
    expect([answer.status, answer.headers.get('ratelimit-remaining')]).toEqual([429, '0;w=21600'])
    expect((await fetch(fake.manifest, { method: 'HEAD', headers: accept })).status).toBe(200)
  })

  test('putAnswersOtherDigest', async () => {
    await using fake = await startWith({ putAnswersOtherDigest: true })
    const init = { method: 'PUT', headers: { 'content-type': ociIndex }, body: index }
    const answer = await fetch(`${fake.app}/manifests/v2`, init)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('docker-content-digest')).not.toBe(fake.registry.repository('app').tags.get('v1'))
  })

  test('refusedManifestTypes', async () => {
    await using fake = await startWith({ refusedManifestTypes: [ociIndex] })
    const init = { method: 'PUT', headers: { 'content-type': ociIndex }, body: index }
    expect((await fetch(`${fake.app}/manifests/v2`, init)).status).toBe(400)
  })

  test('acceptsMissingContent', async () => {
    await using fake = await startWith({})
    const missing = { mediaType: ociIndex, digest: `sha256:${'0'.repeat(64)}`, size: 1 }
    const body = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [missing] })
    const put = () => fetch(`${fake.app}/manifests/v2`, { method: 'PUT', headers: { 'content-type': ociIndex }, body })
    expect((await put()).status).toBe(404)
    Object.assign(fake.registry.quirks, { acceptsMissingContent: true })
    expect((await put()).status).toBe(201)
  })

  test('tagsPageSize and absoluteLinks', async () => {
    await using fake = await startWith({ tagsPageSize: 1, absoluteLinks: true })
    fake.registry.repository('app').addManifest(ociIndex, index, 'v2')
    const link = (await fetch(`${fake.app}/tags/list`)).headers.get('link')
    expect(link).toBe(`<${fake.app}/tags/list?last=v1&n=1>; rel="next"`)
  })

  test('noReferrers', async () => {
    await using fake = await startWith({ noReferrers: true })
    expect((await fetch(fake.blob.replace('blobs', 'referrers'))).status).toBe(404)
  })
})

describe('authentication', () => {
  test('basic', async () => {
    await using registry = await startFakeRegistry({ auth: 'basic' })
    expect((await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    expect((await fetch(`${registry.url}/v2/`, { headers: { authorization: basic } })).status).toBe(200)
  })

  test('a token serves its scopes until it is revoked', async () => {
    await using registry = await startFakeRegistry({ auth: 'token', quirks: { tokenFields: ['access_token'] } })
    const url = `${registry.url}/v2/app/blobs/uploads/`
    const challenge = (await fetch(url, { method: 'POST' })).headers.get('www-authenticate')
    expect(challenge).toBe(`Bearer realm="${registry.url}/token",service="fake",scope="repository:app:pull,push"`)

    const tokenFor = async (init: RequestInit) => {
      const answer = await fetch(`${registry.url}/token?scope=repository:app:pull,push`, init)
      return ((await answer.json()) as { access_token: string }).access_token
    }
    const post = async (token: string) =>
      (await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status
    expect(await post(await tokenFor({}))).toBe(401)
    const token = await tokenFor({ headers: { authorization: basic } })
    expect(await post(token)).toBe(202)
    registry.revokeTokens()
    expect(await post(token)).toBe(401)
  })

  test('a mount needs the right to pull from the other repository', async () => {
    await using registry = await startFakeRegistry({ auth: 'token' })
    const url = `${registry.url}/v2/app/blobs/uploads/?mount=x&from=base`
    const challenge = (await fetch(url, { method: 'POST' })).headers.get('www-authenticate')
    expect(challenge).toContain('scope="repository:app:pull,push repository:base:pull"')
  })

  test('OAuth2 with an identity token', async () => {
    await using registry = await startFakeRegistry({ auth: 'token' })
    const ask = (refresh_token: string) => {
      const form = { grant_type: 'refresh_token', service: 'fake', scope: 'repository:app:push', refresh_token }
      return fetch(`${registry.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    }
    expect((await ask(fakeCredentials.identityToken)).status).toBe(200)
    expect((await ask('another')).status).toBe(401)
  })
})

test('requests are recorded with what they moved', async () => {
  await using fake = await startWith({})
  await fetch(fake.blob)
  expect(fake.registry.requests).toMatchObject([
    { method: 'GET', path: new URL(fake.blob).pathname, status: 200, requestBytes: 0, responseBytes: content.length },
  ])
})
