import { createHash } from 'node:crypto'
import { isLadingError } from '../../errors/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { type Bytes, bytesOf, readAll } from '../../streams/index.ts'
import type { StoreDriver } from '../object-store.ts'

/** Smaller content is read and sent again: that costs less than keeping track of it. */
export const worthProgressBytes = 32 * 1024 * 1024
const maxRecordBytes = 4096

type Objects = Pick<StoreDriver, 'get' | 'put' | 'delete'>

interface Known {
  readonly etag: string
  readonly size: number
}

interface Found {
  readonly record: ProgressRecord | undefined
  /** There may be one that is of no use. */
  readonly isThere?: boolean
  /** The parts that the server has. */
  readonly have: ReadonlyMap<number, Known>
  readonly signal: AbortSignal | undefined
}

/** What is uploaded: content in parts of one size. */
export interface PartedContent {
  readonly content: Digest
  /** Bytes. */
  readonly size: number
  readonly partSize: number
}

interface ProgressRecord {
  readonly size: number
  readonly partSize: number
  /** As many parts, from the first, have been sent. */
  readonly parts: number
  /** The hash of their entity tags. */
  readonly etags: string
  /** Of the digest of all bytes of these parts. */
  readonly state: string
}

/** As many of the first parts need neither be read nor sent again; `state` is that of the digest behind them. */
export interface Begun {
  readonly parts: number
  readonly state: string
}

/**
 * How far an upload has come, for the process that goes on with it where this one is killed, on whatever machine: an object beside the blobs,
 * below `lading/uploads/`, written anew when another part is stored, and removed in the end. What nobody goes on with, `clean` removes after a day.
 *
 * It spares that process the source's first bytes, which nothing else could: the digest of the whole is of them too, and servers do not give
 * the parts of an unfinished upload back. It is believed where the server has the parts that it was written for, by their entity tags. Who may
 * write it may write the blob as well.
 */
export class UploadProgress {
  readonly begun: Begun | undefined
  readonly #objects: Objects
  readonly #key: string
  readonly #signal: AbortSignal | undefined
  readonly #parted: PartedContent
  readonly #waiting = new Map<number, { readonly etag: string; readonly state: string | undefined }>()
  #etags = createHash('sha256')
  #parts = 0
  #latest: ProgressRecord | undefined
  #writing: Promise<void> | undefined
  #isThere: boolean
  #isRefused = false

  private constructor(objects: Objects, parted: PartedContent, { record, isThere, have, signal }: Found) {
    this.#objects = objects
    this.#signal = signal
    this.#key = keyOf(parted.content)
    this.#parted = parted
    this.#isThere = isThere ?? record !== undefined
    if (record !== undefined && this.#matches(record, have)) this.begun = { parts: record.parts, state: record.state }
    else this.#restart()
  }

  /** @param have the parts that the server has */
  static async open(
    objects: Objects,
    parted: PartedContent,
    have: ReadonlyMap<number, Known>,
    signal: AbortSignal | undefined,
  ): Promise<UploadProgress> {
    const record = have.size === 0 ? undefined : await readRecord(objects, keyOf(parted.content), signal)
    return new UploadProgress(objects, parted, { record, have, signal })
  }

  /** That of a body. Where its source is not dear it is read from its start. `undefined`: it has none. */
  static async ofBody(
    objects: Objects,
    parted: PartedContent,
    body: Bytes,
    have: ReadonlyMap<number, Known>,
    signal: AbortSignal | undefined,
  ): Promise<UploadProgress | undefined> {
    const { resumption } = body
    if (parted.size < worthProgressBytes) return undefined
    // Whoever sent these parts may have left a record of them.
    const anew = new UploadProgress(objects, parted, { record: undefined, isThere: have.size > 0, have, signal })
    if (resumption?.keepStates === undefined) return anew
    const progress = await UploadProgress.open(objects, parted, have, signal)
    const offset = await resumption.keepStates(parted.partSize, progress.begun?.state)
    return offset === progress.beginning ? progress : anew
  }

  /** Bytes that need not be read. */
  get beginning(): number {
    return (this.begun?.parts ?? 0) * this.#parted.partSize
  }

  /** A part is there. @param state of the digest of all bytes up to its end, where it is kept */
  stored(number: number, etag: string, state: string | undefined): void {
    this.#waiting.set(number, { etag, state })
    const { size, partSize } = this.#parted
    for (let next = this.#waiting.get(this.#parts + 1); next !== undefined; next = this.#waiting.get(this.#parts + 1)) {
      this.#parts += 1
      this.#waiting.delete(this.#parts)
      this.#etags.update(`${next.etag}\n`)
      // The last part is left to whoever goes on: it comes with the proof of the whole.
      if (next.state === undefined || this.#parts * partSize >= size) continue
      const etags = this.#etags.copy().digest('hex')
      this.#latest = { size, partSize, parts: this.#parts, etags, state: next.state }
    }
    if (this.#latest !== undefined && !this.#isRefused) this.#writing ??= this.#write()
  }

  /** The upload goes no further now: another process may go on with it. */
  async leave(): Promise<void> {
    await this.#writing
  }

  /** The upload is done, or of no use. */
  async end(): Promise<void> {
    await this.#writing
    if (!this.#isThere) return
    await quietly(this.#objects.delete(this.#key))
  }

  #matches({ size, partSize, parts, etags }: ProgressRecord, have: ReadonlyMap<number, Known>): boolean {
    if (size !== this.#parted.size || partSize !== this.#parted.partSize || parts * partSize >= size) return false
    for (let number = 1; number <= parts; number++) {
      const known = have.get(number)
      if (known?.size !== partSize) return false
      this.#etags.update(`${known.etag}\n`)
    }
    this.#parts = parts
    return this.#etags.copy().digest('hex') === etags
  }

  #restart(): void {
    this.#etags = createHash('sha256')
    this.#parts = 0
  }

  /** One after the other: the last one counts. */
  async #write(): Promise<void> {
    for (let record = this.#latest; record !== undefined && !this.#isRefused; record = this.#latest) {
      this.#latest = undefined
      this.#isThere = true
      const bytes = Buffer.from(JSON.stringify(record))
      this.#isRefused = !(await quietly(this.#objects.put(this.#key, bytesOf(bytes), { signal: this.#signal })))
    }
    this.#writing = undefined
  }
}

function keyOf(content: Digest): string {
  const { algorithm, hex } = digestParts(content)
  return `lading/uploads/${algorithm}-${hex}`
}

async function readRecord(
  objects: Objects,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ProgressRecord | undefined> {
  try {
    const { body } = await objects.get(key, { signal })
    const text = Buffer.from(await readAll(body, maxRecordBytes, key)).toString()
    return recordOf(JSON.parse(text))
  } catch (error) {
    signal?.throwIfAborted()
    // Absent, not to be read, or no record: the upload begins anew, at worst.
    if (isLadingError(error) || error instanceof SyntaxError) return undefined
    throw error
  }
}

function recordOf(value: unknown): ProgressRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { size, partSize, parts, etags, state } = value as { [field in keyof ProgressRecord]?: unknown }
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && Number(count) > 0
  if (!isCount(size) || !isCount(partSize) || !isCount(parts)) return undefined
  if (typeof etags !== 'string' || typeof state !== 'string') return undefined
  return { size, partSize, parts, etags, state }
}

/** A copy does not fail because the next one could not go on with it. Returns whether it was done. */
async function quietly(doing: Promise<unknown>): Promise<boolean> {
  return await doing.then(
    () => true,
    () => false,
  )
}
