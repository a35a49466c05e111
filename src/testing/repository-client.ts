import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { type Digest, digestOf } from '../model/digest.ts'
import { ociConfig, ociLayerGzip, ociManifest } from '../model/media-types.ts'

/** A repository of its own, new for every client, and the requests that the checks make to it. */
export class RepositoryClient {
  readonly name = `checks/${randomUUID()}`
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  sibling(): RepositoryClient {
    return new RepositoryClient(this.#origin)
  }

  send(method: string, url: string, init: RequestInit = {}): Promise<Response> {
    return fetch(url, { ...init, method })
  }

  request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return this.send(method, `${this.#origin}/v2/${this.name}/${path}`, init)
  }

  locationOf(answer: Response): string {
    return new URL(answer.headers.get('location') ?? '', answer.url).href
  }

  async startUpload(): Promise<string> {
    const answer = await this.request('POST', 'blobs/uploads/')
    assert.equal(answer.status, 202)
    return this.locationOf(answer)
  }

  async pushBlob(): Promise<{ bytes: Buffer; digest: Digest }> {
    const blob = randomBlob()
    const answer = await this.send('PUT', withDigest(await this.startUpload(), blob.digest), octets(blob.bytes))
    assert.equal(answer.status, 201)
    return blob
  }

  /** A new manifest, whose blobs are there. */
  async image(more: Readonly<Record<string, unknown>> = {}): Promise<Buffer> {
    const [config, layer] = [await this.pushBlob(), await this.pushBlob()]
    return json({
      schemaVersion: 2,
      mediaType: ociManifest,
      config: { mediaType: ociConfig, digest: config.digest, size: config.bytes.length },
      layers: [{ mediaType: ociLayerGzip, digest: layer.digest, size: layer.bytes.length }],
      ...more,
    })
  }

  putManifest(reference: string, mediaType: string, bytes: Buffer): Promise<Response> {
    return this.request('PUT', `manifests/${reference}`, { headers: { 'content-type': mediaType }, body: bytes })
  }

  async tagImages(...tags: string[]): Promise<void> {
    const bytes = await this.image()
    for (const tag of tags) assert.equal((await this.putManifest(tag, ociManifest, bytes)).status, 201)
  }
}

export function randomBlob(): { bytes: Buffer; digest: Digest } {
  const bytes = randomBytes(1000)
  return { bytes, digest: digestOf(bytes) }
}

/** An upload's URL has a query of its own, which MUST be kept: distribution specification, "POST then PUT". */
export function withDigest(url: string, digest: Digest): string {
  const location = new URL(url)
  location.searchParams.set('digest', digest)
  return location.href
}

export function octets(bytes: Buffer): RequestInit {
  return { headers: { 'content-type': 'application/octet-stream' }, body: bytes }
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
