import type { Access } from '../../auth/index.ts'
import { LadingError } from '../../errors/index.ts'
import type { DirectRequest, HttpResponse } from '../../http/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import type { ByteRange, ByteStream } from '../../streams/index.ts'
import type { RegistryClient } from './registry-client.ts'

/** The blobs of one repository. */
export interface BlobAddress {
  readonly client: RegistryClient
  readonly access: Access
}

/**
 * The bytes of a blob, or of a range of it, from wherever the registry redirects to.
 *
 * @throws LadingError `blob-not-found` before the first byte; `protocol-error` where another range comes than was asked for
 */
export async function* readBlob(
  address: BlobAddress,
  blob: Descriptor,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): ByteStream & AsyncGenerator<Uint8Array> {
  const start = range?.start ?? 0
  const end = Math.min(range?.end ?? blob.size, blob.size)
  const partial = start > 0 || end < blob.size
  // Nothing to ask for: the answer to an empty range is an error of its own, 416.
  if (partial && start >= end) return
  const response = await askBlob('GET', address, blob.digest, partial ? [200, 206] : [200], signal, {
    // Bytes are digested as they are: nothing may compress them on the way.
    'accept-encoding': 'identity',
    ...(partial ? { range: `bytes=${start}-${end - 1}` } : {}),
  })
  if (response.status === 200) {
    // Not every registry, and not every store behind one, knows ranges: what was not asked for is passed over.
    yield* partial ? slice(response.body, start, end) : response.body
    return
  }
  await checkContentRange(response, start, blob)
  yield* response.body
}

async function checkContentRange(response: HttpResponse, start: number, blob: Descriptor): Promise<void> {
  const said = response.headers.get('content-range') ?? ''
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(said)
  if (match !== null && Number(match[1]) === start && (match[2] === '*' || Number(match[2]) === blob.size)) return
  await response.discard()
  throw new LadingError(
    'protocol-error',
    `${new URL(response.url).host} answered with range ${JSON.stringify(said)} where ${blob.digest} was asked for from byte ${start}`,
  )
}

async function* slice(stream: ByteStream, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of stream) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.byteLength
    if (piece.byteLength > 0) yield piece
    if (at >= end) return
  }
}

/** A blob as a request that another thread can send. */
export function locateBlob(
  address: BlobAddress,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<DirectRequest | undefined> {
  const { client, access } = address
  return client.session.direct({ target: blobPath(address, digest), access: [access], signal })
}

/** Whether a blob is there, and as large as it must be where the registry tells. */
export async function hasBlob(
  address: BlobAddress,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const asked = await askBlob('HEAD', address, blob.digest, [200, 400, 403, 404, 405], signal)
  await asked.discard()
  // 403 from elsewhere: the store that the registry redirects to signs for GET only.
  const redirected = !asked.url.endsWith(blobPath(address, blob.digest))
  const refused = asked.status === 400 || asked.status === 405 || (asked.status === 403 && redirected)
  const answer = refused ? await askBlob('GET', address, blob.digest, [200, 404], signal) : asked
  if (refused) await answer.discard()
  if (answer.status === 404) return false
  if (answer.status !== 200)
    throw await address.client.refusal(answer, { subject: `blob ${blob.digest}`, access: [address.access] })
  const length = answer.headers.get('content-length')
  return length === undefined || Number(length) === blob.size
}

function blobPath({ access }: BlobAddress, digest: Digest): string {
  return `/v2/${access.repository}/blobs/${digest}`
}

function askBlob(
  method: 'GET' | 'HEAD',
  address: BlobAddress,
  digest: Digest,
  expected: readonly number[],
  signal: AbortSignal | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpResponse> {
  return address.client.ask({
    method,
    target: blobPath(address, digest),
    headers,
    access: [address.access],
    subject: `blob ${digest}`,
    absent: 'blob-not-found',
    expected,
    signal,
  })
}
