import { beforeEach, describe, expect, test, vi } from 'vitest'
import { answerHead } from '../../../test/lanes/blob-server.ts'
import { breakOff, content, ended, expectWhole, relayed } from '../../../test/lanes/relayed.ts'
import { partSize } from '../../../test/lanes/try-relay.ts'

// what is waited between two attempts has tests of its own
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  return () => vi.restoreAllMocks()
})

describe('a source', () => {
  test.each([
    ['before the head', undefined],
    ['after the head', 0],
    ['in the middle', 100_000],
    ['at the last byte', partSize - 1],
  ])('that breaks off %s is asked for the rest', async (_, bytes) => {
    let isBroken = false
    const tried = await relayed({
      source(question, response) {
        if (question.from !== partSize || isBroken) return false
        isBroken = true
        breakOff(question, response, bytes)
        return true
      },
    })
    expectWhole(tried)
    expect(tried.retries).toHaveLength(1)
    expect(tried.blob.questions.filter(({ from }) => from === partSize + (bytes ?? 0)).length).toBeGreaterThan(0)
  })

  test('that breaks off again and again, but not at once, is asked to the end', async () => {
    const tried = await relayed({
      source(question, response) {
        if (question.to > partSize || question.to - question.from < 110_000) return false
        breakOff(question, response, 100_000)
        return true
      },
    })
    expectWhole(tried)
  })

  test('that gives no byte is given up with the error of the network', async () => {
    let asked = 0
    const failing = relayed({
      source(question, response) {
        if (question.from !== 0) return false
        asked += 1
        breakOff(question, response, undefined)
        return true
      },
    })
    await expect(failing).rejects.toMatchObject({ code: 'network', side: 'source' })
    // a connection that was open already is replaced by a new one, which is no attempt of its own
    expect(asked).toBeGreaterThanOrEqual(4)
    expect(asked).toBeLessThanOrEqual(8)
  })

  test('that knows no ranges is left to the stream', async () => {
    const { outcome, sink } = await relayed({
      source: (_, response) => Boolean(response.writeHead(200, { 'content-length': content.byteLength }).end(content)),
    })
    expect(outcome).toEqual({ kind: 'declined', why: 'the answer is whole' })
    expect(sink.arrivals).toEqual([])
  })

  test('that knows no ranges, and breaks off, begins anew where there is one part only', async () => {
    const small = content.subarray(0, partSize - 10)
    const { outcome, progress, sink } = await relayed({
      content: small,
      source({ nth, request }, response) {
        response.writeHead(200, { 'content-length': small.byteLength })
        if (nth > 1) response.end(small)
        else response.write(small.subarray(0, 1000), () => setImmediate(() => request.raw.socket.end()))
        return true
      },
    })
    expect([outcome.kind, progress, sink.parts.get(1)?.equals(small)]).toEqual(['done', small.byteLength, true])
  })

  test('that gives less than was asked for is asked for the rest', async () => {
    const tried = await relayed({
      source(question, response) {
        const to = Math.min(question.to, question.from + 100_000)
        answerHead(content, { ...question, to }, response)
        response.end(content.subarray(question.from, to))
        return true
      },
    })
    expectWhole(tried)
    expect(tried.retries).toEqual([])
  })

  test.each([401, 403])('that answers %d is located anew, once for all parts', async status => {
    const tried = await relayed({
      source({ request, from }, response) {
        if (request.query === 'new') return false
        // one refusal comes when the others are over
        setTimeout(() => ended(response, status), from === partSize ? 100 : 0)
        return true
      },
      elsewhere: '?new',
    })
    expectWhole(tried)
    expect(tried.relocated).toBe(1)
  })

  test('that refuses, and cannot be located anew, is left to the stream', async () => {
    const { outcome, relocated } = await relayed({ source: (_, response) => ended(response, 401) })
    expect([outcome, relocated]).toEqual([{ kind: 'declined', why: 'the answer is unauthorized' }, 1])
  })

  test('that refuses again and again is left to the stream', async () => {
    const { outcome, blob } = await relayed({ source: (_, response) => ended(response, 401), elsewhere: '?new' })
    expect(outcome.kind).toBe('declined')
    expect(blob.questions.length).toBeLessThan(20)
  })

  test('that redirects is asked there for what is left', async () => {
    const tried = await relayed({
      source: ({ request }, response) => request.path === '/blob' && ended(response, 307, { location: '/there' }),
    })
    expectWhole(tried)
    const redirected = tried.blob.questions.filter(({ request }) => request.path === '/blob')
    expect(redirected.length).toBeLessThanOrEqual(4)
  })

  test('that redirects for ever is left to the stream', async () => {
    const { outcome } = await relayed({ source: (_, response) => ended(response, 307, { location: '/there' }) })
    expect(outcome.kind).toBe('declined')
  })

  test.each([429, 503])('that answers %d is asked again when it says, over fewer connections', async status => {
    const tried = await relayed({
      source: ({ nth }, response) => nth <= 3 && ended(response, status, { 'retry-after': '0' }),
    })
    expectWhole(tried)
    expect(tried.retries).toHaveLength(3)
  })

  test('that wants to be asked much later is an error', async () => {
    const late = relayed({ source: (_, response) => ended(response, 429, { 'retry-after': '100000' }) })
    await expect(late).rejects.toMatchObject({ code: 'rate-limited', side: 'source', status: 429 })
  })

  test('that answers 503 is asked once where nothing is to be tried again, and breaks are mended', async () => {
    const busy = relayed({ attempts: 1, source: ({ nth }, response) => nth === 1 && ended(response, 503) })
    await expect(busy).rejects.toMatchObject({ code: 'server-error', status: 503 })
    const tried = await relayed({
      attempts: 1,
      source(question, response) {
        if (question.nth > 1) return false
        breakOff(question, response, 1000)
        return true
      },
    })
    expectWhole(tried)
  })
})
