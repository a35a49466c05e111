import { beforeEach, describe, expect, test, vi } from 'vitest'
import { serveBlob } from '../../../test/lanes/blob-server.ts'
import { openSink } from '../../../test/lanes/part-sink.ts'
import { all, content, ended, etagOf, expectWhole, relayed, type Scripts } from '../../../test/lanes/relayed.ts'
import { partSize, tryRelay } from '../../../test/lanes/try-relay.ts'
import { NotSimple } from '../../http/direct/index.ts'
import { digestOf } from '../../model/digest.ts'
import { ResumableDigest } from '../../streams/resumable-digest.ts'

// what is waited between two attempts has tests of its own
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  return () => vi.restoreAllMocks()
})

test('every byte is asked for once and sent once, in ranges as large as the parts', async () => {
  const tried = await relayed()
  expectWhole(tried)
  expect(tried.retries).toEqual([])
  expect(tried.blob.questions.map(({ from, to }) => [from, to]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual(
    all.map(number => [(number - 1) * partSize, Math.min(number * partSize, content.byteLength)]),
  )
  expect([...tried.sink.arrivals].sort()).toEqual(all)
})

test('parts that are there are compared, and sent only where they differ', async () => {
  const have = new Map([
    [1, { etag: etagOf(1), size: partSize }],
    [2, { etag: etagOf(1), size: partSize }],
    [3, { etag: etagOf(3), size: partSize - 1 }],
    [6, { etag: etagOf(6), size: 1000 }],
  ])
  const { outcome, sink, progress } = await relayed({ have })
  expect([...sink.arrivals].sort()).toEqual([2, 3, 4, 5])
  expect([outcome.kind, progress]).toEqual(['done', content.byteLength])
  expect(outcome.kind === 'done' && [...(outcome.parts?.keys() ?? [])].sort()).toEqual(all)
})

describe('parts that another process has sent', () => {
  const have = new Map(all.slice(0, 4).map(number => [number, { etag: etagOf(number), size: partSize }]))
  const stateAt = async (bytes: number) => {
    const digest = await ResumableDigest.kept({ digest: digestOf(content), size: content.byteLength })
    digest.update(content.subarray(0, bytes))
    return digest.state() ?? ''
  }

  test('are neither read nor sent where the digest goes on from its state', async () => {
    const { outcome, sink, blob } = await relayed({ have, begun: { parts: 3, state: await stateAt(3 * partSize) } })
    expect([outcome.kind, [...sink.arrivals].sort()]).toEqual(['done', [5, 6]])
    expect(Math.min(...blob.questions.map(({ from }) => from))).toBe(3 * partSize)
  })

  test.each([
    ['another part', 2 * partSize],
    ['the middle of a part', 3 * partSize - 5],
    ['a part that was not compared', 4 * partSize],
  ])('are read where the state is that behind %s', async (_, bytes) => {
    const { outcome, sink, blob } = await relayed({ have, begun: { parts: 3, state: await stateAt(bytes) } })
    expect([outcome.kind, [...sink.arrivals].sort()]).toEqual(['done', [5, 6]])
    expect(Math.min(...blob.questions.map(({ from }) => from))).toBe(0)
  })
})

test('bytes of another digest are wrong', async () => {
  const other = Buffer.from(content)
  other[partSize] = (other[partSize] ?? 0) ^ 1
  const blob = await serveBlob(other)
  const sink = await openSink()
  expect((await tryRelay({ content, url: blob.url, sink })).outcome).toEqual({ kind: 'wrong' })
})

describe('an abort', () => {
  const stuck = () => true
  test.each<[string, Scripts]>([
    ['while nothing is answered', { source: stuck }],
    ['while nothing is taken', { quirk: stuck }],
    ['while a server is waited for', { source: (_, response) => ended(response, 503, { 'retry-after': '60' }) }],
    ['while a destination is waited for', { quirk: (_, response) => ended(response, 503, { 'retry-after': '60' }) }],
    [
      'while it is located anew',
      { source: (_, response) => ended(response, 401), relocate: () => new Promise(() => {}) },
    ],
    ['while a part is signed', { sign: () => new Promise(() => {}) }],
  ])('%s ends it, and gives its memory back', async (_, scripts) => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    const waiting = relayed({ ...scripts, signal: stop.signal })
    setTimeout(() => stop.abort(reason), 100)
    await expect(waiting).rejects.toBe(reason)
  })

  test('is not needed where another part has failed: those that wait end too', async () => {
    const { outcome } = await relayed({
      sign: part => (part.number === 1 ? new Promise(() => {}) : Promise.reject(new NotSimple('planted'))),
    })
    expect(outcome).toEqual({ kind: 'declined', why: 'planted' })
  })

  test('before it begins asks nobody', async () => {
    const reason = new Error('stopped')
    const blob = await serveBlob(content)
    const sink = await openSink()
    await expect(tryRelay({ content, url: blob.url, sink, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect([blob.questions, sink.arrivals]).toEqual([[], []])
  })
})
