import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { answerHead, type BlobQuirk, serveBlob } from '../../../test/lanes/blob-server.ts'
import { openBelow, tryDownload } from '../../../test/lanes/try-download.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'

const mib = 1024 * 1024
const content = randomBytes(5 * mib)

afterEach(() => {
  expect(openBelow(temporaryFolder())).toEqual([])
})

async function downloadFrom(quirk: BlobQuirk, options: { relocate?: () => Promise<undefined> } = {}) {
  const blob = await serveBlob(content, quirk)
  const tried = await tryDownload({ content, url: blob.url, ...options })
  return { ...tried, questions: blob.questions, isWhole: tried.file.equals(content) }
}

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

function wrongByte(bytes: Buffer): Buffer<ArrayBuffer> {
  const wrong = Buffer.from(bytes)
  wrong[1234] = (wrong[1234] ?? 0) ^ 1
  return wrong
}
