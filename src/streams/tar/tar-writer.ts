import { LadingError } from '../../errors/index.ts'
import type { Bytes } from '../byte-stream.ts'
import type { Draft } from '../draft.ts'
import { shownName } from './entry-name.ts'
import { formatHeaderBlock, maxNameBytes } from './header-block.ts'
import { formatPaxRecords } from './pax-records.ts'
import { blockBytes, paddingOf } from './tar-header.ts'
import type { SeekableTarSink, TarSink } from './tar-sink.ts'

/** What `TarWriter` writes. The same file gives the same bytes: no owner, no time. */
export interface NewFile {
  readonly name: string
  readonly size: number
  /** Default 0644. */
  readonly mode?: number
}

/** What has no bytes. */
export interface NewEntry {
  readonly name: string
  readonly type: 'directory' | 'symlink' | 'hardlink'
  readonly linkName?: string
  /** Default 0755 for a folder, else 0644. */
  readonly mode?: number
}

/**
 * Writes an archive, one entry after the other, in the order of the calls: they may overlap, and a body is opened when its turn has
 * come.
 */
export interface TarWriter {
  /**
   * @returns where the file's bytes begin
   * @throws what the body throws, as it is; LadingError `size-mismatch` where it is longer or shorter
   */
  add(file: NewFile, body: Bytes, signal?: AbortSignal): Promise<{ readonly start: number }>
  addEmpty(entry: NewEntry): Promise<void>
  /** The end of the archive. Nothing can be added after it. */
  finish(): Promise<void>
  /** Nothing can be added any more, and whoever reads the archive gets this error. After `finish` it means nothing. */
  fail(error: unknown): void
}

/** Of an archive in a file: an entry that fails is taken back, and the archive goes on. */
export interface TarFileWriter extends TarWriter {
  /** A file whose size, and the name that follows from its bytes, are known when all have come. */
  addDraft(name: () => string, draft: Draft, signal?: AbortSignal): Promise<{ readonly start: number }>
}

const zeros = new Uint8Array(2 * blockBytes)

export function openTarWriter(sink: SeekableTarSink): TarFileWriter
/** An entry that fails on its way through a stream cannot be taken back: that error ends the stream and every later call. */
export function openTarWriter(sink: TarSink): TarWriter
export function openTarWriter(sink: TarSink | SeekableTarSink): TarWriter & Partial<TarFileWriter> {
  let turn: Promise<unknown> = Promise.resolve()
  let failure: { readonly error: unknown } | undefined
  let finished = false

  const fail = (error: unknown) => {
    if (finished) return
    failure ??= { error }
    sink.fail?.(error)
  }
  const inTurn = <T>(step: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const result = turn.then(async () => {
      if (failure !== undefined) throw failure.error
      if (finished) throw new LadingError('internal', 'an entry was added to an archive after its end')
      signal?.throwIfAborted()
      const begin = sink.position
      // Who reads a stream may let us wait for long.
      const abort = () => 'truncate' in sink || fail(signal?.reason)
      signal?.addEventListener('abort', abort)
      try {
        return await step()
      } catch (error) {
        await takeBack(begin, error)
        throw error
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    })
    turn = result.catch(() => {})
    return result
  }
  const takeBack = async (begin: number, error: unknown): Promise<void> => {
    try {
      if (!('truncate' in sink)) fail(error)
      else await sink.truncate(begin)
    } catch (broken) {
      fail(broken)
    }
  }
  const copy = async (body: AsyncIterable<Uint8Array>, most: number, name: string, signal?: AbortSignal) => {
    let size = 0
    for await (const chunk of body) {
      signal?.throwIfAborted()
      size += chunk.byteLength
      if (size > most) throw new LadingError('size-mismatch', `${shownName(name)} has more than ${most} bytes`)
      await sink.write(chunk)
    }
    signal?.throwIfAborted()
    return size
  }
  const pad = async (size: number) => {
    await sink.write(zeros.subarray(0, paddingOf(size)))
    await sink.flush()
  }

  return {
    add: (file, body, signal) =>
      inTurn(async () => {
        await sink.write(headerOf(file))
        const start = sink.position
        const size = await copy(body.open(0, signal), file.size, file.name, signal)
        if (size !== file.size)
          throw new LadingError('size-mismatch', `${shownName(file.name)} has ${size} of ${file.size} bytes`)
        await pad(size)
        return { start }
      }, signal),
    addEmpty: entry =>
      inTurn(async () => {
        await sink.write(headerOf({ ...entry, size: 0 }))
        await sink.flush()
      }),
    addDraft: (name, draft, signal) =>
      inTurn(async () => {
        if (!('overwrite' in sink)) throw new LadingError('internal', 'a stream cannot take a file of unknown size')
        const begin = sink.position
        await sink.write(zeros.subarray(0, blockBytes))
        const size = await copy(draft.read(), Number.MAX_SAFE_INTEGER, 'a layer', signal)
        await pad(size)
        await sink.overwrite(begin, formatHeaderBlock({ name: name(), size }))
        return { start: begin + blockBytes }
      }, signal),
    finish: () =>
      inTurn(async () => {
        await sink.write(zeros)
        await sink.flush()
        finished = true
        sink.end?.()
      }),
    fail,
  }
}

/** Names that ustar has no room for stand in an extended header before it; the name in the header itself is then cut. */
function headerOf(entry: NewFile | (NewEntry & { readonly size: 0 })): Uint8Array {
  const { name } = entry
  const linkName = ('linkName' in entry ? entry.linkName : undefined) ?? ''
  const records = [['path', name] as const, ['linkpath', linkName] as const].filter(record => !fits(record[1]))
  const header = formatHeaderBlock({ ...entry, name: cut(name), linkName: cut(linkName) })
  if (records.length === 0) return header
  const pax = formatPaxRecords(records)
  const before = formatHeaderBlock({ name: 'PaxHeaders/entry', size: pax.byteLength, flag: 'x' })
  return Buffer.concat([before, pax, zeros.subarray(0, paddingOf(pax.byteLength)), header])
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= maxNameBytes
}

function cut(text: string): string {
  return fits(text) ? text : text.replace(/[^\x20-\x7e]/g, '_').slice(0, maxNameBytes)
}
