import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { answerHead, type BlobQuirk, serveBlob } from '../../../test/lanes/blob-server.ts'
import { serveRaw } from '../../../test/lanes/raw-server.ts'
import { newEmptyFile, openBelow, tryDownload } from '../../../test/lanes/try-download.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'

const mib = 1024 * 1024
const content = randomBytes(5 * mib)
/** Large enough to be worth several connections where each is slow. */
const large = randomBytes(32 * mib)
const kib256 = 256 * 1024

afterEach(() => {
  expect(openBelow(temporaryFolder())).toEqual([])
})

async function downloadFrom(quirk: BlobQuirk, options: { relocate?: () => Promise<undefined> } = {}) {
  const blob = await serveBlob(content, quirk)
  const tried = await tryDownload({ content, url: blob.url, ...options })
  return { ...tried, questions: blob.questions, isWhole: tried.file.equals(content) }
}

test('a server that is fast is asked once', async () => {
  const { outcome, questions, isWhole, progress, retries } = await downloadFrom(() => false)
  expect({ outcome, isWhole, progress, retries }).toEqual({
    outcome: 'done',
    isWhole: true,
    progress: content.byteLength,
    retries: [],
  })
  expect(questions.map(({ isRange }) => isRange)).toEqual([false])
})

describe('a server that breaks off', () => {
  test.each([
    ['before the head', 0, 0],
    ['after the head', 1, 0],
    ['in the middle', 1, 2 * mib],
    ['at the last byte', 1, content.byteLength - 1],
  ])('%s is asked for what is missing', async (_, headBytes, bytes) => {
    const { outcome, isWhole, progress, retries, questions } = await downloadFrom((question, response) => {
      if (question.nth > 1) return false
      if (headBytes === 0) question.request.raw.socket.destroy()
      else {
        answerHead(content, question, response)
        response.write(content.subarray(0, bytes), () => setImmediate(() => question.request.raw.socket.end()))
      }
      return true
    })
    expect({ outcome, isWhole, progress }).toEqual({ outcome: 'done', isWhole: true, progress: content.byteLength })
    expect(retries).toHaveLength(1)
    expect(questions[1]?.from).toBe(bytes)
  })

  test('every time without a byte is given up, with the error of the network', async () => {
    let asked = 0
    const refusing = downloadFrom(({ request }) => {
      asked += 1
      request.raw.socket.destroy()
      return true
    })
    await expect(refusing).rejects.toMatchObject({ code: 'network' })
    expect(asked).toBe(4)
  })

  test('after each part of what it should send is asked until it is whole', async () => {
    const { outcome, isWhole, progress, questions } = await downloadFrom((question, response) => {
      const part = content.subarray(question.from, Math.min(question.to, question.from + 1_500_000))
      answerHead(content, question, response)
      response.write(part, () => setImmediate(() => question.request.raw.socket.end()))
      return true
    })
    expect({ outcome, isWhole, progress }).toEqual({ outcome: 'done', isWhole: true, progress: content.byteLength })
    expect(questions.map(({ from }) => from)).toEqual([0, 1_500_000, 3_000_000, 4_500_000])
  })

  test('and knows no ranges begins anew, and nothing is told twice', async () => {
    const { outcome, isWhole, progress } = await downloadFrom((question, response) => {
      response.writeHead(200, { 'content-length': content.byteLength })
      if (question.nth > 1) response.end(content)
      else response.write(content.subarray(0, 3 * mib), () => setImmediate(() => question.request.raw.socket.end()))
      return true
    })
    expect({ outcome, isWhole, progress }).toEqual({ outcome: 'done', isWhole: true, progress: content.byteLength })
  })

  test('here and there, without ranges, is given up: it gets nowhere', async () => {
    let asked = 0
    const swaying = downloadFrom((question, response) => {
      asked += 1
      response.writeHead(200, { 'content-length': content.byteLength })
      const part = content.subarray(0, question.nth % 2 === 0 ? mib : 2 * mib)
      response.write(part, () => setImmediate(() => question.request.raw.socket.end()))
      return true
    })
    await expect(swaying).rejects.toMatchObject({ code: 'network' })
    expect(asked).toBeLessThan(10)
  })
})

describe('left to others, with why, is', () => {
  const whole = (headers: Record<string, string | number>, body = content): BlobQuirk => {
    return (_, response) => {
      response.writeHead(200, headers).end(body)
      return true
    }
  }
  test.each<[string, BlobQuirk, string]>([
    [
      'a wrong byte',
      whole({ 'content-length': content.byteLength }, wrongByte(content)),
      'the bytes have another digest',
    ],
    ['a body of another length', whole({ 'content-length': 99 }, content.subarray(0, 99)), 'it answered 200'],
    [
      'a body that is too long',
      whole({ 'content-length': content.byteLength + 1 }, Buffer.concat([content, Buffer.of(0)])),
      'it answered 200',
    ],
    [
      'a range that was not asked for',
      (_, response) => {
        response
          .writeHead(206, { 'content-length': 5, 'content-range': `bytes 1-5/${content.byteLength}` })
          .end('12345')
        return true
      },
      `it answered with range "bytes 1-5/${content.byteLength}"`,
    ],
    [
      'not there',
      (_, response) => {
        response.writeHead(404).end('{}')
        return true
      },
      'an answer in another form',
    ],
    [
      'gone',
      (_, response) => {
        response.writeHead(410, { 'content-length': 2 }).end('{}')
        return true
      },
      'it answered 410',
    ],
  ])('%s', async (_, quirk, why) => {
    const tried = await downloadFrom(quirk).catch(error => ({ outcome: { declined: (error as Error).message } }))
    expect(tried.outcome).toEqual({ declined: why })
  })

  test('a loop of redirects', async () => {
    const { outcome, questions } = await downloadFrom((_, response) => {
      response.writeHead(307, { location: '/again', 'content-length': 0 }).end()
      return true
    })
    expect(outcome).toEqual({ declined: 'the answer is redirect' })
    expect(questions).toHaveLength(11)
  })

  test('who is refused again and again', async () => {
    const { outcome, questions, relocated } = await downloadFrom((_, response) => {
      response.writeHead(401, { 'content-length': 0 }).end()
      return true
    })
    expect(outcome).toEqual({ declined: 'the answer is unauthorized' })
    expect([questions.length, relocated]).toEqual([1, 1])
  })
})

describe('a redirect', () => {
  test('to another host is followed without the authorization, and breaks are mended there', async () => {
    const other = await serveBlob(content, (question, response) => {
      if (question.nth > 1) return false
      answerHead(content, question, response)
      response.write(content.subarray(0, mib), () => setImmediate(() => question.request.raw.socket.end()))
      return true
    })
    const first = await serveBlob(content, (_, response) => {
      response.writeHead(307, { location: other.url, 'content-length': 0 }).end()
      return true
    })
    const headers = { authorization: 'Bearer secret', 'user-agent': 'lading' }
    const { outcome, file } = await tryDownload({ content, url: first.url, headers })
    expect([outcome, file.equals(content)]).toEqual(['done', true])
    expect(first.questions).toHaveLength(1)
    expect(
      other.questions.map(({ request }) => [request.headers.authorization, request.headers['user-agent']]),
    ).toEqual([
      [undefined, 'lading'],
      [undefined, 'lading'],
    ])
    expect(other.questions[1]?.from).toBe(mib)
  })

  test('that holds no longer is asked for again where it came from', async () => {
    const other = await serveBlob(content, (question, response) => {
      if (question.nth === 1) {
        answerHead(content, question, response)
        response.write(content.subarray(0, mib), () => setImmediate(() => question.request.raw.socket.end()))
      } else if (question.nth === 2) response.writeHead(403, { 'content-length': 0 }).end()
      else return false
      return true
    })
    const first = await serveBlob(content, (question, response) => {
      response.writeHead(307, { location: `${other.url}?n=${question.nth}`, 'content-length': 0 }).end()
      return true
    })
    const { outcome, file, relocated } = await tryDownload({ content, url: first.url })
    expect([outcome, file.equals(content), relocated]).toEqual(['done', true, 0])
    expect(other.server.log).toEqual(['GET /blob?n=1', 'GET /blob?n=1', 'GET /blob?n=2'])
  })
})

test('who is refused asks for another location, and uses it', async () => {
  const blob = await serveBlob(content, ({ request }, response) => {
    if (request.headers.authorization === 'new') return false
    response.writeHead(401, { 'content-length': 0 }).end()
    return true
  })
  const tried = await tryDownload({
    content,
    url: blob.url,
    headers: { authorization: 'old' },
    relocate: async () => ({ url: blob.url, headers: { authorization: 'new' }, tlsVerify: true, route: undefined }),
  })
  expect([tried.outcome, tried.relocated, tried.file.equals(content)]).toEqual(['done', 1, true])
})

test('who is refused with every location gives up', async () => {
  const blob = await serveBlob(content, (_, response) => {
    response.writeHead(403, { 'content-length': 0 }).end()
    return true
  })
  const again = { url: blob.url, headers: {}, tlsVerify: true, route: undefined }
  const { outcome, relocated } = await tryDownload({ content, url: blob.url, relocate: async () => again })
  expect([outcome, relocated]).toEqual([{ declined: 'the answer is unauthorized' }, 2])
  expect(blob.questions).toHaveLength(3)
})

describe('a server that asks to wait', () => {
  test.each([429, 500, 502, 503, 504])('with %i is asked again', async status => {
    const { outcome, isWhole, retries, questions } = await downloadFrom(({ nth }, response) => {
      if (nth > 2) return false
      response.writeHead(status, { 'content-length': 3, 'retry-after': '0' }).end('no!')
      return true
    })
    expect([outcome, isWhole, questions.length]).toEqual(['done', true, 3])
    expect(retries).toEqual([
      expect.stringContaining(`answered ${status}`),
      expect.stringContaining(`answered ${status}`),
    ])
  })

  test('again and again is given up', async () => {
    let asked = 0
    const busy = downloadFrom((_, response) => {
      asked += 1
      response.writeHead(503, { 'content-length': 0, 'retry-after': '0' }).end()
      return true
    })
    await expect(busy).rejects.toMatchObject({ code: 'server-error', status: 503 })
    expect(asked).toBe(5)
  })

  test('too long is not waited for', async () => {
    const slow = downloadFrom((_, response) => {
      response.writeHead(429, { 'content-length': 0, 'retry-after': '86400' }).end()
      return true
    })
    await expect(slow).rejects.toMatchObject({ code: 'rate-limited', status: 429 })
  })
})

describe('a server that is slow for each connection', () => {
  test('gets several, no byte of a range is asked for twice, and progress is told once', async () => {
    const blob = await serveBlob(large, () => false, { bytesPerTick: kib256 })
    const { outcome, file, progress } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large), progress]).toEqual(['done', true, large.byteLength])
    expect(blob.connections).toBeGreaterThanOrEqual(3)
    const ranges = blob.questions.filter(({ isRange }) => isRange).sort((a, b) => a.from - b.from)
    for (const [at, { from }] of ranges.entries()) expect(from).toBeGreaterThanOrEqual(ranges[at - 1]?.to ?? 0)
    expect(ranges.at(-1)?.to).toBe(large.byteLength)
  })

  test('and knows no ranges is asked for one once, and sends all of it', async () => {
    const blob = await serveBlob(large, ({ isRange }, response) => isRange && answersWhole(response), {
      bytesPerTick: kib256,
    })
    const { outcome, file, progress } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large), progress]).toEqual(['done', true, large.byteLength])
    expect(blob.questions).toHaveLength(2)
  })

  test.each<[string, BlobQuirk]>([
    ['416', (_, response) => ended(response.writeHead(416, { 'content-length': 0 }))],
    ['404', (_, response) => ended(response.writeHead(404, { 'content-length': 0 }))],
    ['chunks', (_, response) => ended(response.writeHead(206))],
    ['several parts', (_, response) => ended(response.writeHead(206, { 'content-length': 0 }))],
    ['a redirect to no place', (_, response) => ended(response.writeHead(307, { 'content-length': 0 }))],
    ['a connection that it closes', ({ request }) => Boolean(request.raw.socket.destroy())],
    ['429', (_, response) => ended(response.writeHead(429, { 'content-length': 0 }))],
  ])('and answers a range with %s is not asked for another, and its first answer is read on', async (_, quirk) => {
    const blob = await serveBlob(large, (question, response) => question.isRange && quirk(question, response), {
      bytesPerTick: kib256,
    })
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
    expect(blob.questions).toHaveLength(2)
  })

  test('and never answers a second question is not waited for', async () => {
    const blob = await serveBlob(large, ({ nth }) => nth > 1, { bytesPerTick: kib256 })
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
    expect(blob.questions).toHaveLength(2)
  })

  test('and breaks off all connections at once is asked for the rest over fewer', async () => {
    let isBroken = false
    const blob = await serveBlob(
      large,
      () => {
        if (isBroken || blob.connections < 3) return false
        isBroken = true
        for (const { request } of blob.questions) request.raw.socket.destroy()
        return true
      },
      { bytesPerTick: kib256 },
    )
    const { outcome, file, progress, retries } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large), progress, isBroken]).toEqual(['done', true, large.byteLength, true])
    expect(retries.length).toBeGreaterThan(0)
  })

  test('and sends a wrong byte in a range is found out', async () => {
    const blob = await serveBlob(
      large,
      (question, response) => {
        if (!question.isRange) return false
        answerHead(large, question, response)
        return ended(response, wrongByte(large.subarray(question.from, question.to)))
      },
      { bytesPerTick: kib256 },
    )
    const { outcome } = await tryDownload({ content: large, url: blob.url })
    expect(outcome).toEqual({ declined: 'the bytes have another digest' })
  })

  test('and gives less of a range than was asked for is asked for the rest', async () => {
    const blob = await serveBlob(
      large,
      (question, response) => {
        if (!question.isRange) return false
        const to = Math.min(question.to, question.from + 3 * mib)
        answerHead(large, { ...question, to }, response)
        return ended(response, large.subarray(question.from, to))
      },
      { bytesPerTick: kib256 },
    )
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
  })
})

describe('an abort', () => {
  test.each([1, 2 * mib, content.byteLength - 1])('after %i bytes ends it with the signal’s reason', async bytes => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    const server = await serveRaw(socket => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.byteLength}\r\n\r\n`)
      socket.write(content.subarray(0, bytes))
    })
    let received = 0
    const stopped = tryDownload({
      content,
      url: server.origin,
      signal: stop.signal,
      progress(more) {
        received += more
        if (received === bytes) stop.abort(reason)
      },
    })
    await expect(stopped).rejects.toBe(reason)
  })

  test('while it waits to ask again ends it at once', async () => {
    const stop = new AbortController()
    const reason = new Error('stopped')
    const blob = await serveBlob(content, (_, response) => {
      response.writeHead(503, { 'content-length': 0, 'retry-after': '60' }).end()
      setTimeout(() => stop.abort(reason), 20)
      return true
    })
    await expect(tryDownload({ content, url: blob.url, signal: stop.signal })).rejects.toBe(reason)
  })
})

test('a file that is removed meanwhile is written to its end', async () => {
  const { unlinkSync } = await import('node:fs')
  const path = newEmptyFile()
  const blob = await serveBlob(content)
  const progress = () => {
    try {
      unlinkSync(path)
    } catch {
      // it was, before
    }
  }
  await expect(tryDownload({ content, url: blob.url, path, progress })).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a file that is not there is said', async () => {
  const blob = await serveBlob(content)
  const path = `${newEmptyFile()}-none`
  await expect(tryDownload({ content, url: blob.url, path })).rejects.toMatchObject({ code: 'ENOENT' })
  expect(blob.questions).toEqual([])
})

test('a pool that was used by one download serves many at once', async () => {
  const blob = await serveBlob(content)
  const tried = await Promise.all(Array.from({ length: 20 }, () => tryDownload({ content, url: blob.url })))
  expect(tried.every(({ outcome, file }) => outcome === 'done' && file.equals(content))).toBe(true)
  expect(blob.questions).toHaveLength(20)
})

function wrongByte(bytes: Buffer): Buffer<ArrayBuffer> {
  const wrong = Buffer.from(bytes)
  wrong[1234] = (wrong[1234] ?? 0) ^ 1
  return wrong
}

function ended(response: import('node:http').ServerResponse, body?: Buffer): true {
  response.end(body)
  return true
}

function answersWhole(response: import('node:http').ServerResponse): true {
  response.writeHead(200, { 'content-length': large.byteLength })
  return ended(response, large)
}
