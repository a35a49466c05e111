import { isLadingError, LadingError } from '../../errors/index.ts'
import type { ObjectInfo, PutOptions } from '../object-store.ts'
import type { Part } from '../parts/read-parts.ts'
import type { UploadProgress } from '../parts/upload-progress.ts'
import type { BucketAddress } from './bucket-address.ts'
import { copyObject } from './copy-object.ts'
import { deleteObject } from './delete-object.ts'
import type { GcsClient } from './gcs-client.ts'
import { lostRace } from './lost-race.ts'
import { MultipartUpload, type StoredPart } from './multipart-upload.ts'
import { infoOf, type ObjectResource } from './object-resource.ts'
import { type PutMarker, putMarker } from './put-marker.ts'
import { isGeneration, lookUp } from './read-object.ts'
import { BodyFailure, sendParts } from './send-parts.ts'
import { sendResumable } from './send-resumable.ts'

/** A body in its parts. */
export interface LargeBody {
  /** Content has one. */
  readonly size: number | undefined
  /** The parts after so many bytes. Where there is no `progress` it is asked for all of them, once. */
  open(before: number): AsyncIterable<Part>
  /** How far another process has come with it, and this one does. */
  progress?(have: ReadonlyMap<number, StoredPart>): Promise<UploadProgress | undefined>
  /** What is kept of the digest's state behind a part. */
  stateAt?(part: number): string | undefined
}

/**
 * Writes an object of several parts.
 *
 * Content goes on where an unfinished upload of its key ended, of whatever process or machine. A multipart upload knows no
 * preconditions: a conditional put goes to a key of its own and is copied from there, which knows them.
 *
 * @returns `undefined` where somebody else finished or gave up the upload, and the object is not there: all is to be done again
 * @throws LadingError `precondition-failed`
 */
export async function putLarge(
  client: GcsClient,
  address: BucketAddress,
  key: string,
  body: LargeBody,
  options: PutOptions,
): Promise<ObjectInfo | undefined> {
  const { ifNoneMatch, ifMatch, signal } = options
  const name = address.prefix + key
  const marker = putMarker()
  if (ifNoneMatch === undefined && ifMatch === undefined) {
    const stored = await upload(client, address, name, body, marker, options)
    return stored && infoOf(stored, key)
  }
  if (ifMatch !== undefined && !isGeneration(ifMatch)) throw lostRace()
  const draft = `${address.prefix}lading/uploads/${marker.id}`
  const stored = await upload(client, address, draft, body, marker, { signal })
  if (stored === undefined) return undefined
  try {
    const from = { bucket: address.bucket, name: draft, size: stored.size }
    const copied = await copyObject(client, address, from, name, { ifGenerationMatch: ifMatch ?? '0', signal })
    if (copied !== undefined) return infoOf(copied, key)
    const ours = marker.ours(await lookUp(client, address, name, signal))
    if (ours !== undefined) return infoOf(ours, key)
    throw lostRace()
  } finally {
    await quietly(() => deleteObject(client, address, draft, {}))
  }
}

async function upload(
  client: GcsClient,
  address: BucketAddress,
  name: string,
  body: LargeBody,
  marker: PutMarker,
  { content, signal }: PutOptions,
): Promise<ObjectResource | undefined> {
  const { size } = body
  const resumable = content !== undefined
  const earlier = resumable ? await furthest(client, address, name, signal) : undefined
  const begun = earlier?.upload ?? (await MultipartUpload.begin(client, address, name, marker.metadata, signal))
  if (begun === undefined) return await sendResumable(client, address, name, body.open(0), marker.metadata, signal)
  const there = earlier?.parts ?? new Map<number, StoredPart>()
  const progress = resumable ? await body.progress?.(there) : undefined
  const first = (progress?.begun?.parts ?? 0) + 1
  let stored: StoredPart[] | undefined
  try {
    const parts = body.open(progress?.beginning ?? 0)
    const sent = await sendParts(begun, parts, {
      there,
      stored: part => progress?.stored(part.number, part.etag, body.stateAt?.(part.number)),
      signal,
    })
    stored = sent && [...[...there.values()].filter(({ number }) => number < first), ...sent]
  } catch (failure) {
    const error = failure instanceof BodyFailure ? failure.error : failure
    if (!resumable || (failure instanceof BodyFailure && !signal?.aborted && isWrong(error)))
      await quietly(() => begun.abort())
    await (isWrong(error) ? progress?.end() : progress?.leave())
    throw error
  }
  if (stored !== undefined && !(await begun.finish(stored, signal))) stored = undefined
  await progress?.end()
  const found = await lookUp(client, address, name, signal)
  if (stored === undefined) return marker.ours(found) ?? (resumable && found?.size === size ? found : undefined)
  const sent = stored.reduce((sum, part) => sum + part.size, 0)
  if (found?.size === sent) return found
  // A list of parts that was changed on its way makes an object of some of them: it must not pass for what it is not.
  if (found !== undefined && content !== undefined)
    await deleteObject(client, address, name, { ifMatch: found.generation, signal })
  throw new LadingError(
    'protocol-error',
    `Google Cloud Storage has ${found?.size ?? 'no'} bytes of the ${sent} that were sent`,
  )
}

/** The unfinished upload of an object that has most of it. */
async function furthest(
  client: GcsClient,
  address: BucketAddress,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ upload: MultipartUpload; parts: Map<number, StoredPart> } | undefined> {
  let best: { upload: MultipartUpload; parts: Map<number, StoredPart> } | undefined
  for (const upload of await MultipartUpload.unfinished(client, address, name, signal)) {
    const parts = await upload.parts(signal)
    if (parts !== undefined && (best === undefined || parts.size > best.parts.size)) best = { upload, parts }
  }
  return best
}

/** Whether the bytes are wrong, and not only not to be had now: then their parts are of no use to anybody. */
function isWrong(error: unknown): boolean {
  return !isLadingError(error) || isLadingError(error, 'digest-mismatch', 'size-mismatch')
}

/** What went before decides the outcome: what is left behind is found by the bucket's lifecycle rules. */
async function quietly(cleanUp: () => Promise<void>): Promise<void> {
  try {
    await cleanUp()
  } catch (error) {
    if (!isLadingError(error)) throw error
  }
}
