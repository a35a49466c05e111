import { describe, expect, test } from 'vitest'
import { memoryStore } from '../stores/index.ts'
import { changeHistory, historyEntry, parseHistory, readHistory } from './history.ts'

const digest = `sha256:${'a'.repeat(64)}` as const
const encode = (text: string) => new TextEncoder().encode(text)

describe('a history', () => {
  test('that s3lo wrote is read', () => {
    const written =
      '[{"pushed_at":"2026-04-13T13:22:09Z","digest":"sha256:25109184c71bdad752c8312a8623239686a9a2071e8825f20acb8f2198c3f659","size_bytes":0}]'
    expect(parseHistory(encode(written))).toEqual(JSON.parse(written))
  })

  test('is written as s3lo writes it', () => {
    const entry = historyEntry(digest, 5, new Date('2026-04-13T13:22:09.123Z'))
    expect(JSON.stringify([entry])).toBe(`[{"pushed_at":"2026-04-13T13:22:09Z","digest":"${digest}","size_bytes":5}]`)
  })

  test.each([
    '',
    'no JSON',
    '{}',
    'null',
    '[null, 1, "x", {}]',
    `[{"pushed_at":"yesterday","digest":"${digest}"}]`,
    '\u0000',
  ])('of %j is one without entries', async damaged => {
    const store = memoryStore()
    await store.put('h', encode(damaged))
    expect(await readHistory(store, 'h')).toEqual([])
    const entry = historyEntry(digest, 1, new Date(0))
    await changeHistory(store, 'h', entries => [entry, ...entries])
    expect(await readHistory(store, 'h')).toEqual([entry])
  })

  test('has no size below nothing', () => {
    const written = `[{"pushed_at":"2026-04-13T13:22:09Z","digest":"${digest}","size_bytes":-5}]`
    expect(parseHistory(encode(written))).toEqual([expect.objectContaining({ size_bytes: 0 })])
  })

  test('that is absent or too large to read has no entries', async () => {
    const store = memoryStore()
    expect(await readHistory(store, 'h')).toEqual([])
    await store.put('h', new Uint8Array(4 * 1024 * 1024 + 1))
    expect(await readHistory(store, 'h')).toEqual([])
    const entry = historyEntry(digest, 1, new Date(0))
    await changeHistory(store, 'h', entries => [entry, ...entries])
    expect(await readHistory(store, 'h')).toEqual([entry])
  })

  test('keeps what others added to an entry, and a byte order mark does not harm it', async () => {
    const entry = { pushed_at: '2026-04-13T13:22:09+02:00', digest, size_bytes: 1, by: 'somebody' }
    const store = memoryStore()
    await store.put('h', encode(`\ufeff\r\n${JSON.stringify([entry])}\r\n`))
    await changeHistory(store, 'h', entries => entries)
    expect(await readHistory(store, 'h')).toEqual([entry])
  })

  test('does not grow without end', async () => {
    const store = memoryStore()
    const entry = historyEntry(digest, 1, new Date(0))
    await changeHistory(store, 'h', () => Array.from({ length: 20_000 }, () => entry))
    expect(await readHistory(store, 'h')).toHaveLength(10_000)
  })
})
