import { randomUUID } from 'node:crypto'
import { GcsRefusal } from './fake-gcs-answer.ts'
import { crc32cOf, md5Of } from './fake-gcs-checksum.ts'

export interface FakeGcsObject {
  readonly name: string
  readonly generation: string
  readonly content: Buffer
  readonly contentType: string
  readonly contentEncoding: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Absent where the object was put together of parts. */
  readonly md5: Buffer | undefined
  readonly crc32c: string
  readonly updated: Date
}

export interface NewObject {
  readonly name: string
  readonly content: Uint8Array
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly composite?: boolean
}

/** What the live object must be; generation 0 is "there is none". */
export interface Preconditions {
  readonly ifGenerationMatch?: string | undefined
  readonly ifGenerationNotMatch?: string | undefined
}

/** A resumable upload of the JSON API. */
export interface FakeSession {
  readonly object: Omit<NewObject, 'content'>
  readonly stated: { readonly md5Hash?: string; readonly crc32c?: string }
  readonly conditions: Preconditions
  readonly chunks: Buffer[]
  size: number
  finished: FakeGcsObject | undefined
}

/** A multipart upload of the XML API. */
export interface FakeMultipart {
  readonly id: string
  readonly object: Omit<NewObject, 'content'>
  readonly initiated: Date
  readonly parts: Map<number, { readonly content: Buffer; readonly etag: string; readonly modified: Date }>
}

/** A rewrite that needs more than one call. */
export interface FakeRewrite {
  readonly source: FakeGcsObject
  rewritten: number
}

/** What a bucket holds. */
export class FakeGcsBucket {
  readonly objects = new Map<string, FakeGcsObject>()
  readonly sessions = new Map<string, FakeSession>()
  readonly multiparts = new Map<string, FakeMultipart>()
  readonly rewrites = new Map<string, FakeRewrite>()
  /** What the bucket's resource says beyond its name: `versioning`, `softDeletePolicy`, … */
  settings: Readonly<Record<string, unknown>> = {}
  /** When each name was last written, for the limit on that. */
  readonly #written = new Map<string, number>()
  readonly #now: () => number
  #generation: number

  constructor(now: () => number) {
    this.#now = now
    this.#generation = now() * 1000
  }

  /** @throws GcsRefusal 429 where the object was written less than `millisecondsApart` ago */
  limitRate(name: string, millisecondsApart: number): void {
    if (this.#now() - (this.#written.get(name) ?? Number.NEGATIVE_INFINITY) >= millisecondsApart) return
    const message = `The object ${name} exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate.`
    throw new GcsRefusal(429, 'rateLimitExceeded', 'SlowDown', message)
  }

  put({ name, content, contentType, contentEncoding, metadata = {}, composite = false }: NewObject): FakeGcsObject {
    const kept = Buffer.from(content)
    const object: FakeGcsObject = {
      name,
      generation: String(++this.#generation),
      content: kept,
      contentType: contentType ?? 'application/octet-stream',
      contentEncoding,
      metadata,
      md5: composite ? undefined : md5Of(kept),
      crc32c: crc32cOf(kept),
      updated: new Date(this.#now()),
    }
    this.objects.set(name, object)
    this.#written.set(name, this.#now())
    return object
  }

  delete(name: string): void {
    this.objects.delete(name)
    this.#written.set(name, this.#now())
  }

  /** @throws GcsRefusal 412 */
  checkConditions(name: string, { ifGenerationMatch, ifGenerationNotMatch }: Preconditions): void {
    const live = this.objects.get(name)?.generation ?? '0'
    for (const condition of [ifGenerationMatch, ifGenerationNotMatch]) {
      if (condition !== undefined && !/^\d+$/.test(condition))
        throw new GcsRefusal(400, 'invalid', 'InvalidArgument', `Invalid value for a generation: ${condition}`)
    }
    if (
      (ifGenerationMatch !== undefined && ifGenerationMatch !== live) ||
      (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === live)
    ) {
      const message = 'At least one of the pre-conditions you specified did not hold.'
      throw new GcsRefusal(412, 'conditionNotMet', 'PreconditionFailed', message)
    }
  }

  startMultipart(object: Omit<NewObject, 'content'>): FakeMultipart {
    const multipart = { id: randomUUID(), object, initiated: new Date(this.#now()), parts: new Map() }
    this.multiparts.set(multipart.id, multipart)
    return multipart
  }

  get now(): Date {
    return new Date(this.#now())
  }
}

/** @throws GcsRefusal 400 for a name that Google refuses */
export function checkObjectName(name: string): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[\r\n]/.test(name) && Buffer.byteLength(name) <= 1024) return
  throw new GcsRefusal(400, 'invalid', 'InvalidObjectName', 'The specified object name is not valid.')
}
