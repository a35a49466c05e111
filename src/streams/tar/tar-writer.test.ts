import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { type Bytes, bytesOf } from '../byte-stream.ts'
import { createDraft } from '../draft.ts'
import { readAll } from '../read-all.ts'
import { fileSink } from './file-sink.ts'
import { formatHeaderBlock } from './header-block.ts'
import { indexTar } from './index-tar.ts'
import { readTar } from './read-tar.ts'
import { createStreamSink } from './stream-sink.ts'
import { openTarIndex } from './tar-index.ts'
import { openTarWriter, type TarFileWriter, type TarWriter } from './tar-writer.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-tar-'))
afterAll(() => rm(folder, { recursive: true }))
let files = 0

async function written(write: (writer: TarFileWriter) => Promise<unknown>): Promise<Buffer> {
  const file = path.join(folder, String(files++))
  await using handle = await open(file, 'wx+')
  const writer = openTarWriter(fileSink(handle))
  await write(writer)
  await writer.finish()
  return await readFile(file)
}

async function streamed(write: (writer: TarWriter) => Promise<unknown>): Promise<Buffer> {
  const sink = createStreamSink()
  const writer = openTarWriter(sink)
  const [bytes] = await Promise.all([readAll(sink.stream, 1e9, 'archive'), write(writer).then(() => writer.finish())])
  return Buffer.from(bytes)
}

async function entriesOf(archive: Uint8Array): Promise<[string, string][]> {
  const read: [string, string][] = []
  for await (const { header, body } of readTar(bytesOf(archive).open()))
    read.push([header.name, Buffer.from(await readAll(body, 1e9, 'body')).toString('latin1')])
  return read
}

const add = (writer: TarWriter, name: string, body: string) =>
  writer.add({ name, size: body.length }, bytesOf(Buffer.from(body)))
const failing = (error: Error): Bytes => ({
  async *open() {
    yield new Uint8Array(100_000)
    throw error
  },
})

describe('an archive', () => {
  test('is the same bytes for the same entries, in a file and in a stream', async () => {
    const write = async (writer: TarWriter) => {
      await writer.addEmpty({ name: 'blobs/', type: 'directory' })
      await add(writer, 'blobs/a', 'one')
      await writer.addEmpty({ name: 'link', type: 'symlink', linkName: 'blobs/a' })
      await writer.addEmpty({ name: 'hard', type: 'hardlink', linkName: 'blobs/a' })
      await writer.add({ name: 'run', size: 0, mode: 0o755 }, bytesOf(new Uint8Array()))
    }
    const archive = await written(write)
    expect(await streamed(write)).toEqual(archive)
    const numbers = ['0000755', '0000000', '0000000', '00000000000', '00000000000', '007046'].join('\0')
    expect(archive.toString('latin1', 0, 265)).toBe(
      `${'blobs/'.padEnd(100, '\0')}${numbers}\0 5${'\0'.repeat(100)}ustar\x0000`,
    )
    const headers = []
    for await (const { header } of readTar(bytesOf(archive).open())) headers.push(header)
    expect(headers).toEqual([
      { name: 'blobs/', type: 'directory', size: 0, mode: 0o755 },
      { name: 'blobs/a', type: 'file', size: 3, mode: 0o644 },
      { name: 'link', type: 'symlink', linkName: 'blobs/a', size: 0, mode: 0o644 },
      { name: 'hard', type: 'hardlink', linkName: 'blobs/a', size: 0, mode: 0o644 },
      { name: 'run', type: 'file', size: 0, mode: 0o755 },
    ])
    expect(archive.byteLength).toBe(5 * 512 + 512 + 1024)
    expect(archive.subarray(-1024).every(byte => byte === 0)).toBe(true)
  })

  test('holds names and links that ustar has no room for', async () => {
    const [name, link] = ['n/'.repeat(200), 'l/'.repeat(300)]
    const archive = await written(async writer => {
      await add(writer, `${name}ä`, 'x')
      await writer.addEmpty({ name: 'link', type: 'symlink', linkName: link })
    })
    const headers = []
    for await (const { header } of readTar(bytesOf(archive).open())) headers.push(header)
    expect(headers).toMatchObject([{ name: `${name}ä` }, { name: 'link', linkName: link }])
  })

  test('tells where a file is', async () => {
    let start = 0
    const archive = await written(async writer => {
      await add(writer, 'n'.repeat(150), 'first')
      start = (await add(writer, 'n'.repeat(151), 'second')).start
    })
    expect(archive.toString('latin1', start, start + 6)).toBe('second')
  })

  test('has its entries in the order of the calls, and opens a body when its turn has come', async () => {
    const opened: string[] = []
    const lazily = (name: string): Bytes => ({
      async *open() {
        opened.push(name)
        await new Promise(resolve => setImmediate(resolve))
        expect(opened.at(-1)).toBe(name)
        yield Buffer.from(name)
      },
    })
    const names = ['c', 'a', 'b']
    const archive = await written(writer => Promise.all(names.map(name => writer.add({ name, size: 1 }, lazily(name)))))
    expect(await entriesOf(archive)).toEqual(names.map(name => [name, name]))
  })

  test('reads as it was written, whatever is in it', async () => {
    const part = fc.stringMatching(/^[a-zä0-9_-]{1,40}$/)
    const name = fc.array(part, { minLength: 1, maxLength: 6 }).map(parts => parts.join('/'))
    const file = fc.record({ name, body: fc.uint8Array({ maxLength: 2000 }), draft: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(file, { selector: each => each.name, maxLength: 8 }), async entries => {
        const archive = await written(async writer => {
          for (const { name, body, draft } of entries) {
            if (draft && Buffer.byteLength(name) <= 100)
              await writer.addDraft(() => name, createDraft(bytesOf(body).open()))
            else await writer.add({ name, size: body.byteLength }, bytesOf(body))
          }
        })
        const asStream = await streamed(async writer => {
          for (const { name, body } of entries) await writer.add({ name, size: body.byteLength }, bytesOf(body))
        })
        expect(asStream).toEqual(archive)
        const expected = entries.map(({ name, body }) => [name, Buffer.from(body).toString('latin1')])
        expect(await entriesOf(archive)).toEqual(expected)
        const index = openTarIndex(
          await indexTar({
            size: archive.byteLength,
            read: (start, end) => bytesOf(archive.subarray(start, end)).open(),
          }),
        )
        expect(
          entries.map(({ name }) => {
            const { start, size } = index.find(name) ?? { start: 0, size: 0 }
            return [name, archive.toString('latin1', start, start + size)]
          }),
        ).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })
})

describe('an archive in a file', () => {
  test('goes on after an entry that failed, as if that had never been', async () => {
    const failure = new LadingError('digest-mismatch', 'planted')
    const without = await written(async writer => {
      await add(writer, 'a', 'one')
      await add(writer, 'b', 'two')
    })
    const archive = await written(async writer => {
      await add(writer, 'a', 'one')
      await expect(writer.add({ name: 'bad', size: 2e6 }, failing(failure))).rejects.toBe(failure)
      await expect(writer.addDraft(() => 'bad', createDraft(failing(failure).open()))).rejects.toBe(failure)
      await expect(
        writer.addDraft(
          () => {
            throw failure
          },
          createDraft(bytesOf(new Uint8Array(3e6)).open()),
        ),
      ).rejects.toBe(failure)
      await expect(writer.add({ name: 'short', size: 9 }, bytesOf(new Uint8Array(8)))).rejects.toMatchObject({
        code: 'size-mismatch',
      })
      await expect(writer.add({ name: 'long', size: 9 }, bytesOf(new Uint8Array(3e6)))).rejects.toMatchObject({
        code: 'size-mismatch',
      })
      await expect(
        writer.add({ name: 'aborted', size: 9 }, bytesOf(new Uint8Array(9)), AbortSignal.abort()),
      ).rejects.toMatchObject({ name: 'AbortError' })
      await add(writer, 'b', 'two')
    })
    expect(archive).toEqual(without)
  })
})

test('a header says sizes that have no room in octal digits', async () => {
  const size = 10 * 2 ** 30
  const header = formatHeaderBlock({ name: 'large', size })
  const read = (start: number, end: number) =>
    bytesOf(start < header.byteLength ? header : new Uint8Array(end - start)).open()
  const [large] = await indexTar({ size: header.byteLength + size, read })
  expect(large).toEqual({ header: { name: 'large', type: 'file', size, mode: 0o644 }, start: 512 })
})

describe('an archive in a stream', () => {
  test('is written no faster than it is read', async () => {
    const sink = createStreamSink()
    const writer = openTarWriter(sink)
    let given = 0
    const body: Bytes = {
      async *open() {
        for (; given < 5; given += 1) yield new Uint8Array(100)
      },
    }
    const done = writer.add({ name: 'a', size: 500 }, body).then(() => writer.finish())
    const reader = sink.stream[Symbol.asyncIterator]()
    await reader.next() // the header
    await reader.next() // the first chunk
    await new Promise(resolve => setImmediate(resolve))
    expect(given).toBe(0)
    for (;;) if ((await reader.next()).done) break
    await done
    expect(given).toBe(5)
  })

  test('that an entry failed in ends with that error, for reader and writers', async () => {
    const failure = new LadingError('digest-mismatch', 'planted')
    const sink = createStreamSink()
    const writer = openTarWriter(sink)
    const reading = readAll(sink.stream, 1e9, 'archive')
    const outcomes = await Promise.allSettled([
      add(writer, 'a', 'one'),
      writer.add({ name: 'bad', size: 1e6 }, failing(failure)),
      add(writer, 'b', 'two'),
      writer.finish(),
      reading,
    ])
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled' })
    for (const outcome of outcomes.slice(1)) expect(outcome).toEqual({ status: 'rejected', reason: failure })
  })

  test('that is given up ends with that error, and does not wait', async () => {
    const failure = new LadingError('interrupted', 'planted')
    const sink = createStreamSink()
    const writer = openTarWriter(sink)
    const stuck = add(writer, 'a', 'one')
    const reader = sink.stream[Symbol.asyncIterator]()
    await reader.next()
    writer.fail(failure)
    await expect(stuck).rejects.toBe(failure)
    await expect(reader.next()).rejects.toBe(failure)
    await expect(writer.finish()).rejects.toBe(failure)
  })

  test('does not wait for its reader once the writing is aborted', async () => {
    const controller = new AbortController()
    const sink = createStreamSink()
    const stuck = openTarWriter(sink).add({ name: 'a', size: 1 }, bytesOf(new Uint8Array(1)), controller.signal)
    await new Promise(resolve => setImmediate(resolve))
    controller.abort()
    await expect(stuck).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.each([
    ['before it begins', 0],
    ['in the middle', 2],
  ])('whose reader stops %s fails to be written', async (_, reads) => {
    const sink = createStreamSink()
    const stuck = add(openTarWriter(sink), 'a', 'one')
    const reader = sink.stream[Symbol.asyncIterator]()
    for (let at = 0; at < reads; at += 1) await reader.next()
    await reader.return?.()
    await expect(stuck).rejects.toMatchObject({ code: 'io' })
  })
})
