import assert from 'node:assert/strict'
import { digestOf } from '../model/digest.ts'
import { dockerManifest, ociConfig, ociIndex, ociManifest } from '../model/media-types.ts'
import type { ContractCase } from './contract.ts'
import { json, octets, type RepositoryClient, randomBlob, withDigest } from './repository-client.ts'

/**
 * What lading needs of a registry, asked over plain HTTP without authentication. Fakes pass it, so that what is tested with
 * them is true of real ones.
 *
 * @example
 * for (const [title, check] of registryCases) test(title, () => check(new RepositoryClient(registry.url)))
 */
export const registryCases: readonly ContractCase<RepositoryClient>[] = [
  [
    'a blob goes up in one PUT and comes back',
    async repository => {
      const { bytes, digest } = await repository.pushBlob()
      const head = await repository.request('HEAD', `blobs/${digest}`)
      assert.equal(head.status, 200)
      assert.equal(head.headers.get('content-length'), String(bytes.length))
      const got = await repository.request('GET', `blobs/${digest}`)
      assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes)
    },
  ],
  [
    'a blob goes up in chunks, and every answer says how far it is',
    async repository => {
      const { bytes, digest } = randomBlob()
      let url = await repository.startUpload()
      for (const [start, end] of [
        [0, 400],
        [400, 1000],
      ] as const) {
        const headers = { 'content-range': `${start}-${end - 1}`, 'content-type': 'application/octet-stream' }
        const answer = await repository.send('PATCH', url, { headers, body: bytes.subarray(start, end) })
        assert.equal(answer.status, 202)
        assert.equal(answer.headers.get('range'), `0-${end - 1}`)
        url = repository.locationOf(answer)
      }
      const status = await repository.send('GET', url)
      assert.equal(status.status, 204)
      assert.equal(status.headers.get('range'), '0-999')
      const done = await repository.send('PUT', withDigest(repository.locationOf(status), digest))
      assert.equal(done.status, 201)
      assert.equal((await repository.request('HEAD', `blobs/${digest}`)).status, 200)
    },
  ],
  [
    'a blob goes up in one POST',
    async repository => {
      const { bytes, digest } = randomBlob()
      const answer = await repository.request('POST', `blobs/uploads/?digest=${digest}`, octets(bytes))
      assert.equal(answer.status, 201)
    },
  ],
  [
    'a chunk that leaves a gap is answered 416',
    async repository => {
      const url = await repository.startUpload()
      const headers = { 'content-range': '5-9', 'content-type': 'application/octet-stream' }
      assert.equal((await repository.send('PATCH', url, { headers, body: Buffer.alloc(5) })).status, 416)
    },
  ],
  [
    'an upload that was given up is unknown',
    async repository => {
      const url = await repository.startUpload()
      assert.equal((await repository.send('DELETE', url)).status, 204)
      await assertRefused(await repository.send('GET', url), 404, 'BLOB_UPLOAD_UNKNOWN')
    },
  ],
  [
    'a blob under a wrong digest is refused and absent',
    async repository => {
      const { bytes } = randomBlob()
      const { digest } = randomBlob()
      const url = withDigest(await repository.startUpload(), digest)
      await assertRefused(await repository.send('PUT', url, octets(bytes)), 400, 'DIGEST_INVALID')
      await assertRefused(await repository.request('GET', `blobs/${digest}`), 404, 'BLOB_UNKNOWN')
    },
  ],
  [
    'a range of a blob is answered 206, one past its end 416',
    async repository => {
      const { bytes, digest } = await repository.pushBlob()
      const part = await repository.request('GET', `blobs/${digest}`, { headers: { range: 'bytes=100-199' } })
      assert.equal(part.status, 206)
      assert.equal(part.headers.get('content-range'), 'bytes 100-199/1000')
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(100, 200))
      const rest = await repository.request('GET', `blobs/${digest}`, { headers: { range: 'bytes=900-' } })
      assert.deepEqual(Buffer.from(await rest.arrayBuffer()), bytes.subarray(900))
      const past = await repository.request('GET', `blobs/${digest}`, { headers: { range: 'bytes=1000-' } })
      assert.equal(past.status, 416)
    },
  ],
  [
    'a mount brings a blob from another repository',
    async repository => {
      const { digest } = await repository.pushBlob()
      const other = repository.sibling()
      assert.equal((await other.request('HEAD', `blobs/${digest}`)).status, 404)
      const answer = await other.request('POST', `blobs/uploads/?mount=${digest}&from=${repository.name}`)
      assert.equal(answer.status, 201)
      assert.equal((await other.request('HEAD', `blobs/${digest}`)).status, 200)
    },
  ],
  [
    'a mount of what is not there is answered with an upload',
    async repository => {
      const { bytes, digest } = randomBlob()
      const answer = await repository.request('POST', `blobs/uploads/?mount=${digest}&from=${repository.name}`)
      assert.equal(answer.status, 202)
      const url = withDigest(repository.locationOf(answer), digest)
      assert.equal((await repository.send('PUT', url, octets(bytes))).status, 201)
    },
  ],
  [
    'a manifest comes back by tag and by digest, byte for byte',
    async repository => {
      const bytes = await repository.image()
      const digest = digestOf(bytes)
      const put = await repository.putManifest('v1', ociManifest, bytes)
      assert.equal(put.status, 201)
      assert.equal(put.headers.get('docker-content-digest'), digest)
      for (const reference of ['v1', digest]) {
        const head = await repository.request('HEAD', `manifests/${reference}`, accept(ociManifest))
        assert.equal(head.headers.get('docker-content-digest'), digest)
        assert.equal(head.headers.get('content-length'), String(bytes.length))
        const got = await repository.request('GET', `manifests/${reference}`, accept(ociManifest))
        assert.equal(got.headers.get('content-type'), ociManifest)
        assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes)
      }
    },
  ],
  [
    'an index needs its manifests',
    async repository => {
      const manifest = await repository.image()
      const entry = { mediaType: ociManifest, digest: digestOf(manifest), size: manifest.length }
      const index = json({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] })
      const early = await repository.putManifest('v1', ociIndex, index)
      assert.ok(early.status === 400 || early.status === 404, `answered ${early.status}`)
      assert.equal((await repository.putManifest(entry.digest, ociManifest, manifest)).status, 201)
      assert.equal((await repository.putManifest('v1', ociIndex, index)).status, 201)
    },
  ],
  [
    'a manifest whose blobs are missing is refused',
    async repository => {
      const { bytes, digest } = randomBlob()
      const config = { mediaType: ociConfig, digest, size: bytes.length }
      const manifest = json({ schemaVersion: 2, mediaType: ociManifest, config, layers: [] })
      const answer = await repository.putManifest('v1', ociManifest, manifest)
      assert.ok(answer.status === 400 || answer.status === 404, `answered ${answer.status}`)
      assert.equal((await repository.request('HEAD', 'manifests/v1', accept(ociManifest))).status, 404)
    },
  ],
  [
    'a manifest under a wrong digest, or another type than its own, is refused',
    async repository => {
      const bytes = await repository.image()
      assert.equal((await repository.putManifest(randomBlob().digest, ociManifest, bytes)).status, 400)
      assert.equal((await repository.putManifest('v1', dockerManifest, bytes)).status, 400)
      assert.equal((await repository.putManifest('v1', ociManifest, Buffer.from('{'))).status, 400)
    },
  ],
  [
    'a manifest whose type is not accepted is not found',
    async repository => {
      await repository.putManifest('v1', ociManifest, await repository.image())
      assert.equal((await repository.request('GET', 'manifests/v1', accept(dockerManifest))).status, 404)
    },
  ],
  [
    'what is unknown is answered 404 with the code of the specification',
    async repository => {
      const { digest } = randomBlob()
      await assertRefused(await repository.request('GET', 'manifests/v9', accept(ociManifest)), 404, 'MANIFEST_UNKNOWN')
      await repository.pushBlob()
      await assertRefused(await repository.request('GET', `blobs/${digest}`), 404, 'BLOB_UNKNOWN')
    },
  ],
  [
    'a manifest is deleted by digest, with its tags',
    async repository => {
      const bytes = await repository.image()
      await repository.putManifest('v1', ociManifest, bytes)
      assert.equal((await repository.request('DELETE', `manifests/${digestOf(bytes)}`)).status, 202)
      assert.equal((await repository.request('GET', 'manifests/v1', accept(ociManifest))).status, 404)
    },
  ],
  [
    'tags are listed',
    async repository => {
      await repository.tagImages('b', 'a', 'c')
      const answer = await repository.request('GET', 'tags/list')
      assert.deepEqual(tagsOf(await answer.json()).sort(), ['a', 'b', 'c'])
    },
  ],
  [
    'tags come in order and in pages that Link to the next',
    async repository => {
      await repository.tagImages('b', 'a', 'c')
      const first = await repository.request('GET', 'tags/list?n=2')
      assert.deepEqual(tagsOf(await first.json()), ['a', 'b'])
      const next = /^<([^>]+)>; *rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
      const last = await repository.send('GET', new URL(next, first.url).href)
      assert.deepEqual(tagsOf(await last.json()), ['c'])
      assert.equal(last.headers.get('link'), null)
    },
  ],
  [
    'what refers to a manifest is listed',
    async repository => {
      const image = await repository.image()
      const subject = { mediaType: ociManifest, digest: digestOf(image), size: image.length }
      const referrer = await repository.image({ artifactType: 'application/x-test', subject })
      const put = await repository.putManifest(digestOf(referrer), ociManifest, referrer)
      assert.equal(put.headers.get('oci-subject'), subject.digest)
      const answer = await repository.request('GET', `referrers/${subject.digest}`)
      const index = (await answer.json()) as { manifests: { digest: string; artifactType: string }[] }
      assert.equal(index.manifests[0]?.digest, digestOf(referrer))
      assert.equal(index.manifests[0]?.artifactType, 'application/x-test')
    },
  ],
]

async function assertRefused(answer: Response, status: number, code: string): Promise<void> {
  const body = (await answer.json()) as { errors: { code: string }[] }
  assert.deepEqual([answer.status, body.errors[0]?.code], [status, code])
}

function accept(mediaType: string): RequestInit {
  return { headers: { accept: mediaType } }
}

function tagsOf(list: unknown): string[] {
  return (list as { tags: string[] }).tags
}
