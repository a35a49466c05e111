import { describe, expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { digestOf } from '../model/digest.ts'
import { bytesOf, readAll } from '../streams/index.ts'
import { verifiedBytes } from './verified-bytes.ts'

const content = new Uint8Array(20 * 1024 * 1024).map((_, position) => (position * 7) % 253)
const expected = { digest: digestOf(content), size: content.byteLength }
const all = Number.MAX_SAFE_INTEGER

async function* inChunks(from: number, bytes = content, size = 65_536) {
  for (let at = from; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

const never = (error: LadingError) => Promise.reject(error)

test.each([
  0,
  1,
  65_536,
  5_000_000,
  content.byteLength - 1,
])('read again from %i gives the rest, checked as a whole', async from => {
  const starts: number[] = []
  const bytes = verifiedBytes(expected, {
    blame: {},
    open(at) {
      starts.push(at)
      return inChunks(at)
    },
    retry: never,
    passed: () => {},
  })
  await readAll(bytes.open(), all, 'all')
  expect(Buffer.from(await readAll(bytes.open(from), all, 'rest')).equals(content.subarray(from))).toBe(true)
  // What was read before need not be read again from its start.
  expect(from - (starts[1] ?? 0)).toBeLessThan(8 * 1024 * 1024)
})

test('a change before the offset is noticed by a reader that starts after it', async () => {
  const wrong = content.slice()
  wrong[10] = 255
  const bytes = verifiedBytes(expected, { blame: {}, open: at => inChunks(at, wrong), retry: never, passed: () => {} })
  await expect(readAll(bytes.open(1_000_000), all, 'rest')).rejects.toMatchObject({ code: 'digest-mismatch' })
})

test('the last chunk of a wrong content is never given out', async () => {
  const wrong = content.slice()
  wrong[wrong.length - 1] = 255
  const bytes = verifiedBytes(expected, { blame: {}, open: at => inChunks(at, wrong), retry: never, passed: () => {} })
  let passed = 0
  await expect(
    (async () => {
      for await (const chunk of bytes.open()) passed += chunk.byteLength
    })(),
  ).rejects.toMatchObject({ code: 'digest-mismatch' })
  expect(passed).toBe(content.byteLength - 65_536)
})

test('a source that breaks again and again without a byte is given up', async () => {
  const attempts: number[] = []
  const bytes = verifiedBytes(expected, {
    blame: {},
    // biome-ignore lint/correctness/useYield: it breaks before the first byte
    async *open() {
      throw new LadingError('network', 'reset')
    },
    retry: async (error, attempt) => {
      attempts.push(attempt)
      if (attempt === 3) throw error
    },
    passed: () => {},
  })
  await expect(readAll(bytes.open(), all, 'all')).rejects.toMatchObject({ code: 'network' })
  expect(attempts).toEqual([1, 2, 3])
})

test('an error that trying again cannot mend is not tried again', async () => {
  const bytes = verifiedBytes(expected, {
    blame: {},
    // biome-ignore lint/correctness/useYield: it breaks before the first byte
    async *open() {
      throw new LadingError('denied', 'no')
    },
    retry: async () => expect.unreachable(),
    passed: () => {},
  })
  await expect(readAll(bytes.open(), all, 'all')).rejects.toMatchObject({ code: 'denied' })
})

test('no bytes have the digest of no bytes', async () => {
  const nothing = verifiedBytes(
    { digest: digestOf(new Uint8Array()), size: 0 },
    { blame: {}, open: () => bytesOf(new Uint8Array()).open(), retry: never, passed: () => {} },
  )
  expect(await readAll(nothing.open(), 0, 'nothing')).toHaveLength(0)
})

describe('what another process has begun', () => {
  const mib = 1024 * 1024

  function reading(isDear: boolean, bytes = content) {
    const starts: number[] = []
    let passed = 0
    const read = verifiedBytes(
      expected,
      {
        blame: {},
        open(at) {
          starts.push(at)
          return inChunks(at, bytes, 100_003)
        },
        retry: never,
        passed(more) {
          passed += more
        },
      },
      isDear,
    )
    return { read, starts, passed: () => passed }
  }

  test('and has written is read from there, and the rest from the source', async () => {
    const { read, starts, passed } = reading(false)
    await read.resumption?.recall(inChunks(0, content.subarray(0, 5 * mib)))
    const rest = await readAll(read.open(5 * mib), all, 'rest')
    expect(Buffer.from(rest).equals(content.subarray(5 * mib))).toBe(true)
    expect([starts, passed()]).toEqual([[5 * mib], content.byteLength])
  })

  test('and has written whole needs no byte of the source', async () => {
    const { read, starts } = reading(false)
    await read.resumption?.recall(inChunks(0))
    expect((await readAll(read.open(content.byteLength), all, 'rest')).byteLength).toBe(0)
    expect(starts).toEqual([])
  })

  test('and is damaged proves wrong, and is not believed again', async () => {
    const { read } = reading(false)
    const damaged = content.slice(0, 5 * mib)
    damaged[7] = 255
    await read.resumption?.recall(inChunks(0, damaged))
    await expect(readAll(read.open(5 * mib), all, 'rest')).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(Buffer.from(await readAll(read.open(), all, 'all')).equals(content)).toBe(true)
  })

  test('and has sent is not read where its state was kept', async () => {
    const first = reading(true)
    expect(await first.read.resumption?.keepStates?.(3 * mib)).toBe(0)
    await readAll(first.read.open(), all, 'all')
    const state = first.read.resumption?.stateAt?.(9 * mib)
    expect(first.read.resumption?.stateAt?.(9 * mib + 1)).toBeUndefined()

    const second = reading(true)
    expect(await second.read.resumption?.keepStates?.(3 * mib, state)).toBe(9 * mib)
    const rest = await readAll(second.read.open(10 * mib), all, 'rest')
    expect(Buffer.from(rest).equals(content.subarray(10 * mib))).toBe(true)
    expect([second.starts, second.passed()]).toEqual([[9 * mib], content.byteLength])
    expect(second.read.resumption?.stateAt?.(12 * mib)).toMatch(/^sha256:12582912:/)
  })

  test('of another content is told at the end', async () => {
    const other = content.slice()
    other[3] = 255
    const first = reading(true, other)
    await first.read.resumption?.keepStates?.(3 * mib)
    await expect(readAll(first.read.open(), all, 'all')).rejects.toMatchObject({ code: 'digest-mismatch' })
    const second = reading(true)
    await second.read.resumption?.keepStates?.(3 * mib, first.read.resumption?.stateAt?.(9 * mib))
    await expect(readAll(second.read.open(9 * mib), all, 'rest')).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test('is offered only where reading from the start is dear', () => {
    expect(reading(false).read.resumption?.keepStates).toBeUndefined()
  })
})
