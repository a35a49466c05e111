import { randomUUID } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { damagedAttempts, type HttpRequest, type HttpResponse } from '../../http/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { ObjectInfo, PutOptions } from '../object-store.ts'
import type { Part } from '../parts/read-parts.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { lostRace } from './lost-race.ts'
import { infoOf, parseJson, parseResource, resourceFields } from './object-resource.ts'
import { putMarker } from './put-marker.ts'
import { isGeneration, lookUp } from './read-object.ts'
import { isDamaged, readRefusal } from './refusal.ts'

/**
 * Writes an object that is in memory, in one request: multipart/related, whose description holds an MD5 that Google checks.
 * A media upload would be simpler, but Google does not look at the x-goog-hash of one.
 *
 * @throws LadingError `precondition-failed`
 */
export async function putSmall(
  client: GcsClient,
  address: BucketAddress,
  key: string,
  { bytes, md5 }: Pick<Part, 'bytes' | 'md5'>,
  { content: digest, ifNoneMatch, ifMatch, signal }: PutOptions,
): Promise<ObjectInfo> {
  const name = address.prefix + key
  if (ifMatch !== undefined && !isGeneration(ifMatch)) throw lostRace()
  const marker = putMarker()
  const send = async (ifGenerationMatch: string | undefined): Promise<HttpResponse> => {
    const metadata = ifGenerationMatch === undefined ? {} : { metadata: marker.metadata }
    const { headers, body } = related({ name, md5Hash: md5.toString('base64'), ...metadata }, bytes)
    const url = address.upload({ uploadType: 'multipart', ifGenerationMatch, fields: resourceFields })
    return sendUndamaged(client, { method: 'POST', url, headers, body, idempotent: true, signal })
  }
  // Content is created, not replaced: that it is there already costs Google no write, of which it takes one a second.
  const answer = await send(ifMatch ?? (ifNoneMatch === undefined && digest === undefined ? undefined : '0'))
  if (answer.status !== 412) return infoOf(parseResource(parseJson(await client.text(answer))), key)
  await answer.discard()
  const found = await lookUp(client, address, name, signal)
  const ours = marker.ours(found)
  if (ours !== undefined) return infoOf(ours, key)
  if (ifMatch !== undefined || ifNoneMatch !== undefined) throw lostRace()
  if (found?.size === bytes.byteLength) return infoOf(found, key)
  return infoOf(parseResource(parseJson(await client.text(await send(undefined)))), key)
}

/** Sends bytes again that were changed on the way. @throws LadingError `network` where they are changed every time */
export async function sendUndamaged(client: GcsClient, request: HttpRequest): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt++) {
    const answer = await client.write(request)
    if (answer.status !== 400) return answer
    const refusal = await readRefusal(answer)
    if (!isDamaged(refusal)) return answer
    if (attempt === damagedAttempts)
      throw new LadingError('network', `Google Cloud Storage refuses the bytes: they are changed on the way there`, {
        status: answer.status,
        hint: 'a proxy or a faulty network changes what is sent',
      })
    await client.pause(attempt, 'the bytes were changed on their way', request.signal)
  }
}

function related(description: unknown, content: Uint8Array): { headers: Record<string, string>; body: Bytes } {
  const boundary = randomUUID()
  const text = JSON.stringify(description)
  const head = Buffer.from(
    `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${text}\r\n--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const body = {
    size: head.byteLength + content.byteLength + tail.byteLength,
    async *open() {
      yield* [head, content, tail]
    },
  }
  return { headers: { 'content-type': `multipart/related; boundary=${boundary}` }, body }
}
