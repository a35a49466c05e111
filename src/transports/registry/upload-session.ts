import { isLadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { BlobAddress } from './blobs.ts'
import { uploadLocation } from './upload-location.ts'

/** An upload that a registry has begun. */
export interface UploadSession {
  /** Where it goes on. Every answer may move it. */
  readonly location: string
  /** `OCI-Chunk-Min-Length`: every chunk but the last must be as large. */
  readonly minChunkBytes: number
}

const abortTimeoutMs = 5000

export function uploadsPath({ access }: BlobAddress): string {
  return `/v2/${access.repository}/blobs/uploads/`
}

/** Asks the registry to begin an upload. `subject` is what it is of, for messages. */
export async function beginUpload(
  address: BlobAddress,
  subject: string,
  signal: AbortSignal | undefined,
): Promise<UploadSession> {
  const { client, access } = address
  const response = await client.ask({
    method: 'POST',
    target: uploadsPath(address),
    access: [access],
    subject,
    expected: [202],
    idempotent: true,
    signal,
  })
  return sessionOf(address, response)
}

/** The session that an answer 202 opens. */
export async function sessionOf({ client }: BlobAddress, response: HttpResponse): Promise<UploadSession> {
  await response.discard()
  return {
    location: uploadLocation(response.headers.get('location'), response.url, client.session.allowsPlainHttp),
    minChunkBytes: Number(response.headers.get('oci-chunk-min-length') ?? 0) || 0,
  }
}

/** The session after an answer to one of its requests. */
export function movedSession(address: BlobAddress, session: UploadSession, response: HttpResponse): UploadSession {
  const location = response.headers.get('location')
  if (location === undefined) return session
  return { ...session, location: uploadLocation(location, response.url, address.client.session.allowsPlainHttp) }
}

/**
 * The bytes that the registry has, by `Range: 0-<last byte>`, some with `bytes=` before it. `0-0` is written for one byte and for
 * none; taken for none, the byte is sent again at worst.
 */
export function receivedBytes({ headers }: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers.get('range')?.trim() ?? '')?.[1]
  if (last === undefined) return undefined
  return last === '0' ? 0 : Number(last) + 1
}

/** Tells the registry that an upload is given up, so that it need not keep what it has. Has its own short time, and no say. */
export async function abortUpload({ client, access }: BlobAddress, { location }: UploadSession): Promise<void> {
  const signal = AbortSignal.timeout(abortTimeoutMs)
  try {
    const request = { method: 'DELETE', target: location, access: [access], attempts: 1, signal } as const
    await (await client.session.request(request)).discard()
  } catch (error) {
    if (!(isLadingError(error) || signal.aborted)) throw error
  }
}
