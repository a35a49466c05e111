import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import type { Bytes } from '../../streams/index.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { UploadProgress } from './upload-progress.ts'

const partSize = 8 * 1024 * 1024
const parted = { content: digestOf(Buffer.from('content')), size: 5 * partSize, partSize }
const key = `lading/uploads/${parted.content.replace(':', '-')}`
const etags = ['a', 'b', 'c', 'd', 'e']
const have = (count: number, from = 0) =>
  new Map(etags.slice(from, from + count).map((etag, at) => [from + at + 1, { etag, size: partSize }]))

const open = (store: Parameters<typeof UploadProgress.open>[0], parts = new Map()) =>
  UploadProgress.open(store, parted, parts, undefined)

/** What is written once so many parts are there, in this order. */
async function afterParts(order: readonly number[]) {
  const store = memoryStore()
  const progress = await open(store)
  for (const number of order) progress.stored(number, etags[number - 1] ?? '', `state ${number}`)
  await progress.leave()
  return store
}

test('the parts that are there without a gap are told, in whatever order they came', async () => {
  const store = await afterParts([2, 1, 4])
  expect((await open(store, have(4))).begun).toEqual({ parts: 2, state: 'state 2' })
})

test('nothing is told of the last part: it comes with the proof of the whole', async () => {
  const store = await afterParts([1, 2, 3, 4, 5])
  expect((await open(store, have(5))).begun).toEqual({ parts: 4, state: 'state 4' })
})

test('who goes on goes on telling', async () => {
  const store = await afterParts([1, 2])
  const second = await open(store, have(2))
  second.stored(3, 'c', 'state 3')
  await second.leave()
  const third = await open(store, have(3))
  expect([third.begun, third.beginning]).toEqual([{ parts: 3, state: 'state 3' }, 3 * partSize])
})

test('what has no state is not told, and what comes after it is', async () => {
  const store = memoryStore()
  const progress = await open(store)
  progress.stored(1, 'a', undefined)
  await progress.leave()
  expect(await store.head(key)).toBeUndefined()
  progress.stored(2, 'b', 'state 2')
  await progress.leave()
  expect((await open(store, have(2))).begun).toEqual({ parts: 2, state: 'state 2' })
})

describe('the record is not believed', () => {
  test.each([
    ['where the server has no parts', new Map()],
    ['where a part is missing', have(1)],
    ['where a part is another', new Map([...have(2), [2, { etag: 'x', size: partSize }]])],
    ['where a part has another size', new Map([...have(2), [1, { etag: 'a', size: 5 }]])],
  ])('%s', async (_, parts) => {
    const store = await afterParts([1, 2])
    const progress = await open(store, parts)
    expect([progress.begun, progress.beginning]).toEqual([undefined, 0])
    for (const [at, etag] of ['v', 'w'].entries()) progress.stored(at + 1, etag, `new ${at + 1}`)
    await progress.leave()
    const anew = new Map(['v', 'w'].map((etag, at) => [at + 1, { etag, size: partSize }]))
    expect((await open(store, anew)).begun).toEqual({ parts: 2, state: 'new 2' })
  })

  test.each([
    '',
    'null',
    '[]',
    '{"size":1}',
    JSON.stringify({ size: parted.size, partSize, parts: 1e9, etags: '', state: '' }),
    JSON.stringify({ size: parted.size, partSize, parts: -1, etags: '', state: '' }),
    `{"state":"${'x'.repeat(5000)}"}`,
  ])('where it is %j', async text => {
    const store = memoryStore()
    await store.put(key, Buffer.from(text))
    expect((await open(store, have(3))).begun).toBeUndefined()
  })
})

test('a store that refuses the record is asked once, and the upload goes on', async () => {
  const store = memoryStore()
  let puts = 0
  const refusing = {
    get: store.get.bind(store),
    delete: store.delete.bind(store),
    async put(): Promise<never> {
      puts += 1
      throw new LadingError('denied', 'planted')
    },
  }
  const progress = await open(refusing)
  for (const number of [1, 2, 3]) {
    progress.stored(number, etags[number - 1] ?? '', `state ${number}`)
    await progress.leave()
  }
  await progress.end()
  expect(puts).toBe(1)
})

test('in the end nothing is left', async () => {
  const store = await afterParts([1, 2])
  await (await open(store, have(2))).end()
  expect(await store.head(key)).toBeUndefined()
})

describe('a body', () => {
  const body = (keepStates?: (every: number, saved?: string) => Promise<number>): Bytes => ({
    size: parted.size,
    async *open() {},
    resumption: { recall: async () => {}, ...(keepStates === undefined ? {} : { keepStates }) },
  })
  const ofBody = async (given: Bytes) =>
    UploadProgress.ofBody(await afterParts([1, 2]), parted, given, have(2), undefined)

  test('that is not dear to read is read from its start, and the record removed in the end', async () => {
    const store = await afterParts([1, 2])
    const progress = await UploadProgress.ofBody(store, parted, body(), have(2), undefined)
    expect([progress?.begun, progress?.beginning]).toEqual([undefined, 0])
    await progress?.end()
    expect(await store.head(key)).toBeUndefined()
  })

  test('goes on behind the parts whose state it takes', async () => {
    const asked: unknown[] = []
    const progress = await ofBody(
      body(async (...args) => {
        asked.push(args)
        return 2 * partSize
      }),
    )
    expect([progress?.beginning, asked]).toEqual([2 * partSize, [[partSize, 'state 2']]])
  })

  test('that cannot use the state is read from its start', async () => {
    expect((await ofBody(body(async () => 0)))?.beginning).toBe(0)
  })
})
