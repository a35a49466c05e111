import { createHash, randomUUID } from 'node:crypto'
import { compareKeys } from '../stores/index.ts'
import { S3Refusal } from './fake-s3-answer.ts'

export interface FakeObject {
  readonly content: Buffer
  /** Without quotes. */
  readonly etag: string
  readonly modified: Date
  readonly storageClass: string
  readonly metadata: Readonly<Record<string, string>>
  readonly encryption: Readonly<Record<string, string>>
}

/** What an object has beside its content. */
export type ObjectTraits = Pick<FakeObject, 'storageClass' | 'metadata' | 'encryption'>

export interface FakePart {
  readonly content: Buffer
  readonly etag: string
  readonly modified: Date
}

export interface FakeUpload {
  readonly id: string
  readonly key: string
  readonly begun: Date
  readonly traits: ObjectTraits
  readonly parts: Map<number, FakePart>
}

export type FakeEntry = { readonly key: string } | { readonly prefix: string }

/** S3: a part that is not the last has at least this many bytes. */
const minPartBytes = 5 * 1024 * 1024

/** One bucket in memory. */
export class FakeBucket {
  readonly objects = new Map<string, FakeObject>()
  readonly uploads = new Map<string, FakeUpload>()
  versioning: 'Enabled' | 'Suspended' | undefined
  /** Of the default retention. Absent: the bucket has no object lock. */
  lock: { readonly Days: number } | { readonly Years: number } | undefined
  readonly #now: () => Date

  /** @param now the server's clock */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now
  }

  put(key: string, content: Buffer, traits: ObjectTraits): FakeObject {
    return this.#store(key, { ...traits, content, etag: md5(content), modified: this.#now() })
  }

  begin(key: string, traits: ObjectTraits): FakeUpload {
    const upload = { id: randomUUID(), key, begun: this.#now(), traits, parts: new Map<number, FakePart>() }
    this.uploads.set(upload.id, upload)
    return upload
  }

  /** @throws S3Refusal NoSuchUpload */
  upload(id: string | null, key: string): FakeUpload {
    const found = this.uploads.get(id ?? '')
    if (found?.key === key) return found
    throw new S3Refusal(404, 'NoSuchUpload', 'The specified multipart upload does not exist.')
  }

  addPart(upload: FakeUpload, number: number, content: Buffer): FakePart {
    if (!(number >= 1 && number <= 10_000))
      throw new S3Refusal(400, 'InvalidArgument', 'Part number must be 1 to 10000.')
    const part = { content, etag: md5(content), modified: this.#now() }
    upload.parts.set(number, part)
    return part
  }

  /** @throws S3Refusal InvalidPart, InvalidPartOrder, EntityTooSmall */
  complete(upload: FakeUpload, named: readonly { readonly number: number; readonly etag: string }[]): FakeObject {
    if (named.length === 0) throw new S3Refusal(400, 'MalformedXML', 'You must specify at least one part')
    const parts = named.map(({ number, etag }, index) => {
      const part = upload.parts.get(number)
      if (part === undefined || part.etag !== etag)
        throw new S3Refusal(400, 'InvalidPart', `Part ${number} is not there.`)
      if (number <= (named[index - 1]?.number ?? 0)) {
        throw new S3Refusal(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.')
      }
      if (index < named.length - 1 && part.content.length < minPartBytes) {
        throw new S3Refusal(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
      }
      return part
    })
    this.uploads.delete(upload.id)
    const etag = `${md5(Buffer.concat(parts.map(part => Buffer.from(part.etag, 'hex'))))}-${parts.length}`
    const content = Buffer.concat(parts.map(part => part.content))
    // AWS: the creation date of such an object is that of its upload's initiation.
    return this.#store(upload.key, { ...upload.traits, content, etag, modified: upload.begun })
  }

  /** Keys that begin with `prefix` and come after a key, or after all of a folded prefix; folded at the delimiter, in the order of UTF-8. */
  list(prefix: string, delimiter: string | null, after: FakeEntry): FakeEntry[] {
    const isBefore = (key: string) =>
      'key' in after
        ? compareKeys(key, after.key) <= 0
        : key.startsWith(after.prefix) || compareKeys(key, after.prefix) < 0
    const entries: FakeEntry[] = []
    let folded: string | undefined
    for (const key of [...this.objects.keys()].sort(compareKeys)) {
      if (!key.startsWith(prefix) || isBefore(key)) continue
      const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1
      if (end === -1) entries.push({ key })
      else if (key.slice(0, end + 1) !== folded) {
        folded = key.slice(0, end + 1)
        entries.push({ prefix: folded })
      }
    }
    return entries
  }

  #store(key: string, object: FakeObject): FakeObject {
    this.objects.set(key, object)
    return object
  }
}

function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex')
}
