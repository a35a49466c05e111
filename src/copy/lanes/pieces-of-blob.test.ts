import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Piece, PiecesOfBlob } from './pieces-of-blob.ts'

const mib = 1024 * 1024

describe('who reads what of a blob', () => {
  test('the first has all of it, and there is nothing for a second but what is taken from it', () => {
    const pieces = new PiecesOfBlob(100 * mib)
    expect(pieces.claim(1)).toEqual({ number: 0, start: 0, at: 0, end: 100 * mib })
    expect(pieces.claim(2)).toBeUndefined()
    expect(pieces.cutting()).toEqual({ from: 8 * mib, to: 24 * mib })
  })

  test('asking where one could be cut changes nothing', () => {
    const pieces = new PiecesOfBlob(100 * mib)
    const first = pieces.claim(1)
    pieces.cutting()
    expect(first?.end).toBe(100 * mib)
    expect(pieces.claim(2)).toBeUndefined()
  })

  test('a cut gives the second its piece, and what lies behind to whoever comes', () => {
    const pieces = new PiecesOfBlob(100 * mib)
    const first = pieces.claim(1)
    const second = pieces.cut({ from: 8 * mib, to: 24 * mib })
    expect([first?.end, second]).toEqual([8 * mib, { number: 1, start: 8 * mib, at: 8 * mib, end: 24 * mib }])
    expect(pieces.claim(2)).toMatchObject({ start: 24 * mib, end: 40 * mib })
    expect(pieces.cutting()).toBeUndefined()
  })

  test('a connection that has come past the cut meanwhile keeps its piece', () => {
    const pieces = new PiecesOfBlob(100 * mib)
    const first = claimed(pieces, 1)
    const cut = pieces.cutting()
    pieces.took(first, 9 * mib)
    expect(cut && pieces.cut(cut)).toBeUndefined()
    expect(first.end).toBe(100 * mib)
  })

  test('what is nearly read is not cut', () => {
    const pieces = new PiecesOfBlob(20 * mib)
    const first = claimed(pieces, 1)
    pieces.took(first, 8 * mib)
    expect(pieces.cutting()).toEqual({ from: 16 * mib, to: 20 * mib })
    pieces.took(first, 1)
    expect(pieces.cutting()).toBeUndefined()
  })

  test('what one gave up is the next one’s, from where it came to', () => {
    const pieces = new PiecesOfBlob(100 * mib)
    const first = claimed(pieces, 1)
    pieces.took(first, 5)
    pieces.drop(first)
    expect(pieces.claim(2)).toBe(first)
    expect(first.at).toBe(5)
  })

  test('what is read to its end is nobody’s', () => {
    const pieces = new PiecesOfBlob(10)
    const first = claimed(pieces, 1)
    pieces.took(first, 10)
    pieces.drop(first)
    expect(pieces.claim(1)).toBeUndefined()
    expect([pieces.isComplete, pieces.remaining, pieces.contiguous(0)]).toEqual([true, 0, 10])
  })
})

test('what had come before is read by nobody, and all else is', () => {
  const have = [
    { start: 0, end: 10 * mib },
    { start: 12 * mib, end: 20 * mib },
    { start: 30 * mib, end: 31 * mib },
  ]
  const pieces = new PiecesOfBlob(40 * mib, have)
  expect([pieces.received, pieces.contiguous(0)]).toEqual([19 * mib, 10 * mib])
  const read: [number, number][] = []
  for (let piece = pieces.claim(1); piece !== undefined; piece = pieces.claim(1)) {
    read.push([piece.at / mib, piece.end / mib])
    pieces.took(piece, piece.end - piece.at)
  }
  expect(read).toEqual([
    [10, 12],
    [20, 30],
    [31, 35.5],
    [35.5, 39.5],
    [39.5, 40],
  ])
  expect([pieces.isComplete, pieces.contiguous(0)]).toEqual([true, 40 * mib])
})

test('however many read, break off and take over: every byte is read, and once', () => {
  const step = fc.record({
    what: fc.constantFrom('claim', 'cut', 'take', 'take', 'take', 'drop'),
    who: fc.nat(15),
    share: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 * mib }), fc.array(step, { maxLength: 200 }), (size, steps) => {
      const pieces = new PiecesOfBlob(size)
      const readers: Piece[] = []
      const taken: [from: number, to: number][] = []
      let contiguous = 0
      const look = () => {
        const next = pieces.contiguous(contiguous)
        expect(next).toBe(reach(taken, contiguous))
        contiguous = next
        expect(pieces.received).toBe(taken.reduce((sum, [from, to]) => sum + to - from, 0))
      }
      const take = (piece: Piece, share: number) => {
        const bytes = Math.ceil((piece.end - piece.at) * share)
        if (bytes > 0) taken.push([piece.at, piece.at + bytes])
        pieces.took(piece, bytes)
        if (piece.at === piece.end) readers.splice(readers.indexOf(piece), 1)
      }
      const apply = ({ what, who, share }: { what: string; who: number; share: number }) => {
        const piece = readers[who % Math.max(1, readers.length)]
        if (what === 'take' && piece !== undefined) take(piece, share)
        if (what === 'drop' && piece !== undefined)
          pieces.drop(...(readers.splice(readers.indexOf(piece), 1) as [Piece]))
        const cutting = what === 'cut' ? pieces.cutting() : undefined
        const found = what === 'claim' ? pieces.claim(who + 1) : cutting && pieces.cut(cutting)
        if (found !== undefined) readers.push(found)
        // a cut leaves the first with less than it had come to only where it was refused
        for (const reader of readers) expect(reader.at).toBeLessThanOrEqual(reader.end)
        look()
      }
      for (const each of steps) apply(each)
      for (let left = 0; !pieces.isComplete; left++) {
        expect(left).toBeLessThan(200)
        const piece = readers.at(-1) ?? pieces.claim(1)
        if (piece === undefined) throw new Error('nobody reads what is left')
        if (!readers.includes(piece)) readers.push(piece)
        take(piece, 1)
        look()
      }
      expect(contiguous).toBe(size)
    }),
    { numRuns: 200 },
  )
})

/** Up to where `taken` covers everything from `offset`; that it covers nothing twice. */
function reach(taken: readonly (readonly [number, number])[], offset: number): number {
  let end = 0
  const sorted = [...taken].sort(([a], [b]) => a - b)
  for (const [at, [from]] of sorted.entries()) expect(from).toBeGreaterThanOrEqual(sorted[at - 1]?.[1] ?? 0)
  for (const [from, to] of sorted) {
    if (from > end) break
    end = to
  }
  return Math.max(end, offset)
}

function claimed(pieces: PiecesOfBlob, readers: number): Piece {
  const piece = pieces.claim(readers)
  if (piece === undefined) throw new Error('there is nothing to read')
  return piece
}
