import { LadingError } from '../../errors/index.ts'
import type { BodyPart } from './body-parts.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { type ObjectResource, parseJson, parseResource, resourceFields } from './object-resource.ts'

/**
 * Sends parts one after another in a resumable upload of the JSON API: for emulators, of which some have no XML API.
 *
 * The URI of such an upload is a secret, for who has it writes the object without credentials. It is not kept anywhere: an
 * upload that fails is given up, and the next one begins anew.
 */
export async function sendResumable(
  client: GcsClient,
  address: BucketAddress,
  name: string,
  parts: AsyncIterable<BodyPart>,
  metadata: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<ObjectResource> {
  const begun = await client.ask({
    method: 'POST',
    url: address.upload({ uploadType: 'resumable', name, fields: resourceFields }),
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: Buffer.from(JSON.stringify({ name, metadata })),
    idempotent: true,
    signal,
  })
  if (begun.status >= 400) throw await client.refused(begun)
  await begun.discard()
  const uri = begun.headers.get('location')
  if (uri === undefined) throw unexpected('begins an upload without a place for it')
  try {
    let offset = 0
    for await (const part of parts) {
      try {
        const finished = await sendPart(client, uri, part, offset, signal)
        part.release(true)
        if (finished !== undefined) return finished
        offset += part.bytes.byteLength
      } finally {
        part.release()
      }
    }
    throw unexpected('does not finish an upload that has ended')
  } catch (error) {
    const answer = await client.ask({ method: 'DELETE', url: uri, attempts: 1 }).catch(() => undefined)
    await answer?.discard()
    throw error
  }
}

/** Sends a part until all of it is there: the answer tells how far it came. The last one is answered with the object. */
async function sendPart(
  client: GcsClient,
  uri: string,
  { bytes, last }: BodyPart,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<ObjectResource | undefined> {
  const end = offset + bytes.byteLength
  for (let from = offset; ; ) {
    const range = `bytes ${from}-${end - 1}/${last ? end : '*'}`
    const answer = await client.write({
      method: 'PUT',
      url: uri,
      headers: { 'content-range': range },
      body: bytes.subarray(from - offset),
      signal,
    })
    if (answer.status !== 308) return parseResource(parseJson(await client.text(answer)))
    await answer.discard()
    const kept = Number(/^bytes=0-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1] ?? -1) + 1
    if (kept === end && !last) return undefined
    if (kept <= from || kept >= end)
      throw unexpected(`has ${kept} bytes of an upload that was sent from ${from} to ${end}`)
    from = kept
  }
}

function unexpected(what: string): LadingError {
  return new LadingError('protocol-error', `Google Cloud Storage ${what}`)
}
