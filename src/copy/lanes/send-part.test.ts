import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SinkQuirk } from '../../../test/lanes/part-sink.ts'
import { count, ended, expectWhole, relayed } from '../../../test/lanes/relayed.ts'

// what is waited between two attempts has tests of its own
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  return () => vi.restoreAllMocks()
})

describe('a destination', () => {
  test.each<[string, SinkQuirk]>([
    ['resets the connection', ({ request }) => Boolean(request.raw.socket.destroy())],
    ['answers 500', (_, response) => ended(response, 500)],
    ['answers 503 with a time', (_, response) => ended(response, 503, { 'retry-after': '0' })],
    ['answers 429', (_, response) => ended(response, 429)],
    ['says that the part arrived changed', (_, response) => ended(response, 400)],
    ['closes the connection after it has stored it', (_, response) => Boolean(response.socket?.end())],
  ])('that %s at first is sent the part again', async (_, quirk) => {
    const tried = await relayed({
      quirk: (part, response) => part.nth === 1 && part.number % 2 === 0 && quirk(part, response),
    })
    expectWhole(tried)
    expect([...tried.sink.arrivals].sort()).toEqual([1, 2, 2, 3, 4, 4, 5, 6, 6])
    expect(tried.retries).toHaveLength(3)
  })

  test('that refuses a signature gets another one at once', async () => {
    const tried = await relayed({ quirk: ({ nth }, response) => nth === 1 && ended(response, 403) })
    expectWhole(tried)
    expect([tried.signed, tried.retries]).toEqual([2 * count, []])
  })

  test.each([
    ['refuses every signature', 403, 3],
    ['never gets what was sent', 400, 3],
    ['knows no such upload', 404, 1],
    ['is elsewhere', 307, 1],
    ['gives no ETag', 200, 1],
  ])('that %s is left to the stream', async (_, status, times) => {
    const { outcome, sink } = await relayed({
      quirk: ({ number }, response) => number === 1 && ended(response, status),
    })
    expect(outcome).toMatchObject({ kind: 'declined', why: expect.stringContaining(`answered ${status} to a part`) })
    expect(sink.arrivals.filter(number => number === 1)).toHaveLength(times)
  })

  test.each([
    [429, 'rate-limited'],
    [503, 'server-error'],
  ])('that answers %d every time is an error of its own', async (status, code) => {
    let asked = 0
    const busy = relayed({
      quirk({ number }, response) {
        if (number !== 2) return false
        asked += 1
        return ended(response, status)
      },
    })
    await expect(busy).rejects.toMatchObject({ code, side: 'destination', status })
    expect(asked).toBe(5)
  })

  test('that answers 503 is asked once where nothing is to be tried again', async () => {
    const busy = relayed({ attempts: 1, quirk: ({ number }, response) => number === 2 && ended(response, 503) })
    await expect(busy).rejects.toMatchObject({ code: 'server-error', side: 'destination' })
  })

  test('whose parts cannot be signed fails with that error', async () => {
    const failure = new Error('no credentials')
    await expect(relayed({ sign: () => Promise.reject(failure) })).rejects.toBe(failure)
  })
})
