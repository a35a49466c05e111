import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { answerHead, type BlobQuirk, serveBlob } from '../../../test/lanes/blob-server.ts'
import { serveRaw } from '../../../test/lanes/raw-server.ts'
import { newEmptyFile, openBelow, tryDownload } from '../../../test/lanes/try-download.ts'
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
    await expect(refusing).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/closed the connection.* \(tried 5 times in [\d.]+ s\)$/),
    })
    expect(asked).toBe(5)
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
