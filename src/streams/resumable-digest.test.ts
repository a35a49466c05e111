import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { ResumableDigest } from './resumable-digest.ts'

const bytes = randomBytes(300_000)

describe.each(['sha256', 'sha512'] as const)('a digest of %s', algorithm => {
  const content = { digest: digestOf(bytes, algorithm), size: bytes.byteLength }

  test('goes on from the state that another has kept, wherever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.byteLength), async at => {
        const first = await ResumableDigest.kept(content)
        first.update(bytes.subarray(0, at))
        const state = first.state() ?? ''
        const second = await ResumableDigest.resumed(content, state)
        expect(second?.offset).toBe(at)
        second?.update(bytes.subarray(at))
        first.update(bytes.subarray(at))
        expect([first.digest(), second?.digest()]).toEqual([content.digest, content.digest])
      }),
      { numRuns: 20 },
    )
  })

  test('that is kept or plain has snapshots that each go on by themselves', async () => {
    for (const digest of [ResumableDigest.plain(content), await ResumableDigest.kept(content)]) {
      digest.update(bytes.subarray(0, 1000))
      const again = digest.snapshot()
      digest.update(bytes.subarray(1000))
      for (let times = 0; times < 2; times++) {
        const other = await again()
        expect(other.offset).toBe(1000)
        other.update(bytes.subarray(1000))
        expect(other.digest()).toBe(content.digest)
      }
      expect(digest.digest()).toBe(content.digest)
    }
  })
})

describe('a state is of no use', () => {
  const content = { digest: digestOf(bytes), size: bytes.byteLength }

  test.each([
    '',
    'sha256:5:',
    'sha256:5:AAAA',
    'sha512:5:AAAA',
    'sha256:-5:AAAA',
    `sha256:${bytes.byteLength + 1}:AAAA`,
    'sha256:5:\u0000',
    `sha256:5:${'A'.repeat(401)}`,
  ])('where it is %j', async state => {
    expect(await ResumableDigest.resumed(content, state)).toBeUndefined()
  })

  test('of another algorithm', async () => {
    const other = await ResumableDigest.kept({ ...content, digest: digestOf(bytes, 'sha512') })
    expect(await ResumableDigest.resumed(content, other.state() ?? '')).toBeUndefined()
  })
})

describe('a state is kept', () => {
  const mib = 1024 * 1024
  const piece = Buffer.alloc(32 * mib)
  const content = { digest: digestOf(piece), size: 1024 * mib }

  test.each([
    ['of content that takes long', 10_000, true],
    ['not of content that is soon there', 10, false],
  ])('%s', async (_, milliseconds, isKept) => {
    let now = 0
    const digest = await ResumableDigest.kept(content, () => now)
    digest.update(piece.subarray(1))
    expect(digest.state()).toBeDefined()
    now = milliseconds
    digest.update(piece.subarray(0, 1))
    expect(digest.state() !== undefined).toBe(isKept)
    expect(digest.digest()).toBe(content.digest)
  })
})
