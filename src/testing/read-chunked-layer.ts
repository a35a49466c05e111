import { createHash } from 'node:crypto'
import { decompress } from '../streams/compression/decompress.ts'
import { readAll } from '../streams/read-all.ts'

/** An element of the table of contents of a zstd:chunked layer, as it stands there. */
export interface TocElement {
  readonly type: string
  readonly name: string
  readonly size?: number
  readonly digest?: string
  readonly offset?: number
  readonly endOffset?: number
  readonly chunkSize?: number
  readonly chunkOffset?: number
  readonly chunkDigest?: string
  readonly chunkType?: string
  readonly [field: string]: unknown
}

/** A line of tar-split. */
export interface SplitLine {
  readonly type: number
  readonly name?: string
  readonly size?: number
  readonly payload: string | null
  readonly position: number
}

export interface ReadChunkedLayer {
  readonly entries: readonly TocElement[]
  readonly split: readonly SplitLine[]
  /** Where the frames of content end. */
  readonly contentEnd: number
  /** The archive as it is made of the table, files got one by one, and tar-split. */
  readonly archive: Uint8Array
}

const prefix = 'io.github.containers.zstd-chunked'

/**
 * Reads a zstd:chunked layer as a client does that pulls parts of it: by the annotations, never from its start.
 *
 * @throws Error where anything is not where, or what, something else says
 */
export async function readChunkedLayer(
  layer: Uint8Array,
  annotations: Readonly<Record<string, string>>,
): Promise<ReadChunkedLayer> {
  const table = await document(layer, annotations[`${prefix}.manifest-position`])
  expectSame('the table’s digest', table.digest, annotations[`${prefix}.manifest-checksum`])
  const split = await document(layer, annotations[`${prefix}.tarsplit-position`])
  const toc: { version: number; entries: readonly TocElement[]; tarSplitDigest: string } = JSON.parse(table.text)
  expectSame('the table’s version', toc.version, 1)
  expectSame('tar-split’s digest', split.digest, toc.tarSplitDigest)
  const lines: readonly SplitLine[] = split.text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  const files = await readFiles(layer, toc.entries)
  const parts = lines.map(({ type, name = '', size = 0, payload }) =>
    type === 2 ? Buffer.from(payload ?? '', 'base64') : size === 0 ? Buffer.alloc(0) : files.get(name),
  )
  return {
    entries: toc.entries,
    split: lines,
    contentEnd: table.start,
    archive: Buffer.concat(parts.map(part => part ?? fail('tar-split names a file that the table has not'))),
  }
}

/** One of the two documents, which stand in frames that are skipped. */
async function document(layer: Uint8Array, position = '') {
  const [start = 0, length = 0, size] = position.split(':').map(Number)
  const frame = Buffer.from(layer).subarray(start - 8, start + length)
  expectSame('the magic of a frame that is skipped', frame.readUInt32LE(0), 0x184d2a50)
  expectSame('its length', frame.readUInt32LE(4), length)
  const text = await uncompressed(frame.subarray(8))
  expectSame('the length of what it holds', text.byteLength, size)
  return { start: start - 8, text: text.toString(), digest: digestOf(frame.subarray(8)) }
}

async function readFiles(layer: Uint8Array, entries: readonly TocElement[]): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for (const [index, entry] of entries.entries()) {
    if (entry.type !== 'reg' || entry.size === undefined) continue
    const after = entries.findIndex(({ type }, at) => at > index && type !== 'chunk')
    const chunks = entries.slice(index, after === -1 ? undefined : after)
    const contents = []
    for (const [at, chunk] of chunks.entries()) {
      const end = chunks[at + 1]?.offset ?? entry.endOffset
      const content = await uncompressed(Buffer.from(layer).subarray(chunk.offset, end))
      expectSame('the name of a chunk', chunk.name, entry.name)
      if (chunks.length > 1) {
        expectSame('the size of a chunk', content.byteLength, chunk.chunkSize)
        expectSame('the digest of a chunk', digestOf(content), chunk.chunkDigest)
        expectSame('the place of a chunk', Buffer.concat(contents).byteLength, chunk.chunkOffset ?? 0)
        expectSame('the zeros of a chunk', chunk.chunkType === 'zeros' && content.some(byte => byte !== 0), false)
      }
      contents.push(content)
    }
    const content = Buffer.concat(contents)
    expectSame('the size of a file', content.byteLength, entry.size)
    expectSame('the digest of a file', digestOf(content), entry.digest)
    files.set(entry.name, content)
  }
  return files
}

async function uncompressed(frames: Uint8Array): Promise<Buffer> {
  const stream = decompress(
    (async function* () {
      yield frames
    })(),
    'zstd',
  )
  return Buffer.from(await readAll(stream, Number.MAX_SAFE_INTEGER, 'frames'))
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) fail(`${what} is ${actual}, not ${expected}`)
}

function fail(message: string): never {
  throw new Error(message)
}
