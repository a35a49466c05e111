import { randomBytes, randomUUID } from 'node:crypto'
import { closeSync, openSync, readdirSync, truncateSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { digestOf } from '../../model/digest.ts'
import type { Piece, PiecesOfBlob } from './pieces-of-blob.ts'
import { ReceivedFile } from './received-file.ts'

const mib = 1024 * 1024
const content = randomBytes(29 * mib)

function newFile(): string {
  const file = path.join(temporaryFolder(), randomUUID())
  writeFileSync(file, '')
  return file
}

function claimed(pieces: PiecesOfBlob): Piece {
  const piece = pieces.claim(1)
  if (piece === undefined) throw new Error('there is nothing to read')
  return piece
}

/** The first 8 MiB, the 16 after them, and what comes then. */
function piecesOf(pieces: PiecesOfBlob): Piece[] {
  const first = claimed(pieces)
  const second = pieces.cut({ from: 8 * mib, to: 24 * mib })
  if (second === undefined) throw new Error('it is not cut')
  const all = [first, second]
  for (let next = pieces.claim(1); next !== undefined; next = pieces.claim(1)) all.push(next)
  return all
}

describe('the digest is that of the content', () => {
  test.each(['sha256', 'sha512'] as const)('of %s, in whatever order its pieces come', async algorithm => {
    const digest = digestOf(content, algorithm)
    const step = fc.record({ who: fc.nat(4), bytes: fc.integer({ min: 1, max: 3 * mib }), waits: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
        const file = newFile()
        using received = new ReceivedFile(file, { digest, size: content.byteLength })
        const all = piecesOf(received.pieces)
        // The buffer of a connection is filled again and again.
        const buffer = Buffer.alloc(3 * mib)
        const take = (piece: Piece, bytes: number) => {
          const chunk = buffer.subarray(0, Math.min(bytes, piece.end - piece.at))
          content.copy(chunk, 0, piece.at)
          received.write(piece, chunk)
          buffer.fill(0xee)
        }
        for (const { who, bytes, waits } of steps) {
          const piece = all[who]
          if (piece !== undefined) take(piece, bytes)
          if (waits) await new Promise(resolve => setImmediate(resolve))
        }
        for (const piece of all.toReversed()) while (piece.at < piece.end) take(piece, 3 * mib)
        expect(await received.finish()).toBe(true)
        expect((await readFile(file)).equals(content)).toBe(true)
        unlinkSync(file)
      }),
      { numRuns: 4 },
    )
  })
})

test('another content has another digest', async () => {
  const small = content.subarray(0, 1000)
  using received = new ReceivedFile(newFile(), { digest: digestOf(small), size: 1000 })
  received.write(
    claimed(received.pieces),
    small.map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
  )
  expect(await received.finish()).toBe(false)
})

test('what is begun anew has the digest of what comes then', async () => {
  const small = content.subarray(0, 1000)
  using received = new ReceivedFile(newFile(), { digest: digestOf(small), size: 1000 })
  const piece = claimed(received.pieces)
  received.write(piece, Buffer.alloc(600, 'wrong'))
  piece.at = 0
  received.pieces.received = 0
  received.reset()
  received.write(piece, small)
  expect(await received.finish()).toBe(true)
})

test('a file that somebody makes shorter is found out', async () => {
  const file = newFile()
  using received = new ReceivedFile(file, { digest: digestOf(content), size: content.byteLength })
  const backwards = piecesOf(received.pieces).toReversed()
  for (const piece of backwards.slice(0, -1)) received.write(piece, content.subarray(piece.start, piece.end))
  truncateSync(file)
  for (const piece of backwards.slice(-1)) received.write(piece, content.subarray(piece.start, piece.end))
  expect(await received.finish()).toBe(false)
})

test('of a file that is not there is told what the disk tells', () => {
  const missing = path.join(temporaryFolder(), 'none')
  expect(() => new ReceivedFile(missing, { digest: digestOf(content), size: 1 })).toThrow(/ENOENT/)
})

test.skipIf(process.platform !== 'linux')(
  'a file that is closed while its digest catches up is not read any more',
  async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    {
      using received = new ReceivedFile(newFile(), { digest: digestOf(content), size: content.byteLength })
      for (const piece of piecesOf(received.pieces).toReversed())
        received.write(piece, content.subarray(piece.start, piece.end))
      expect(open()).toBe(before + 1)
    }
    expect(open()).toBe(before)
    await new Promise(resolve => setTimeout(resolve, 5))
  },
)

describe('a file whose writer was killed', () => {
  const expected = { digest: digestOf(content), size: content.byteLength }

  /** Receives some steps, and then is killed: nobody finishes it. */
  function receiveAndDie(file: string, steps: readonly { who: number; bytes: number }[]): number {
    using received = new ReceivedFile(file, expected)
    const all = piecesOf(received.pieces)
    for (const { who, bytes } of steps) {
      const piece = all[who % all.length]
      if (piece !== undefined) receive(received, piece, bytes)
    }
    return received.pieces.received
  }

  function receive(received: ReceivedFile, piece: Piece, bytes: number): void {
    const length = Math.min(bytes, piece.end - piece.at)
    if (length > 0) received.write(piece, content.subarray(piece.at, piece.at + length))
  }

  test('is gone on with: what was received is digested, all but a little of each piece is not received again', async () => {
    const step = fc.record({ who: fc.nat(4), bytes: fc.integer({ min: 1, max: 3 * mib }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async steps => {
        const file = newFile()
        const before = receiveAndDie(file, steps)
        using received = new ReceivedFile(file, expected)
        const { pieces } = received
        expect(pieces.received).toBeGreaterThan(before - 5 * 256 * 1024)
        expect(pieces.received).toBeLessThanOrEqual(before)
        for (let piece = pieces.claim(1); piece !== undefined; piece = pieces.claim(1)) {
          while (piece.at < piece.end) receive(received, piece, 3 * mib)
        }
        expect(await received.finish()).toBe(true)
        expect((await readFile(file)).equals(content)).toBe(true)
        unlinkSync(file)
      }),
      { numRuns: 6 },
    )
  })

  test('in a stream, without a record, has what it is long', async () => {
    const file = newFile()
    writeFileSync(file, content.subarray(0, 7 * mib))
    using received = new ReceivedFile(file, expected)
    expect(received.pieces.received).toBe(7 * mib)
    for (let piece = received.pieces.claim(1); piece !== undefined; piece = received.pieces.claim(1)) {
      while (piece.at < piece.end) receive(received, piece, 3 * mib)
    }
    expect(await received.finish()).toBe(true)
  })

  test('and that is whole is not read to its end where somebody interrupts', async () => {
    const file = newFile()
    writeFileSync(file, content)
    using received = new ReceivedFile(file, expected)
    expect(received.pieces.isComplete).toBe(true)
    const reason = new Error('interrupted')
    await expect(received.finish(AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  test('and then damaged proves wrong', async () => {
    const file = newFile()
    receiveAndDie(file, [{ who: 0, bytes: 5 * mib }])
    const damaged = openSync(file, 'r+')
    writeSync(damaged, Buffer.from([(content[mib] ?? 0) ^ 1]), 0, 1, mib)
    closeSync(damaged)
    using received = new ReceivedFile(file, expected)
    for (let piece = received.pieces.claim(1); piece !== undefined; piece = received.pieces.claim(1)) {
      while (piece.at < piece.end) receive(received, piece, 3 * mib)
    }
    expect(await received.finish()).toBe(false)
  })
})
