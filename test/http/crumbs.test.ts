import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { retryBreaks } from '../../src/copy/retry.ts'
import { verifiedBytes } from '../../src/copy/verified-bytes.ts'
import { LadingError } from '../../src/errors/index.ts'
import { defaultRetryPolicy } from '../../src/http/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { serveBlob } from '../lanes/blob-server.ts'
import { tryDownload } from '../lanes/try-download.ts'

const { attempts } = defaultRetryPolicy
const content = randomBytes(1024 * 1024)
const crumb = 1000
const never = new AbortController().signal

test('a blob whose source hangs up after every few bytes is given up', async () => {
  let asked = 0
  const bytes = verifiedBytes(
    { digest: digestOf(content), size: content.length },
    {
      blame: {},
      async *open(from) {
        asked += 1
        yield content.subarray(from, from + crumb)
        throw new LadingError('network', 'it was reset')
      },
      retry: retryBreaks('it', () => {}, never),
      passed() {},
    },
  )
  await expect(Array.fromAsync(bytes.open())).rejects.toMatchObject({
    message: expect.stringMatching(new RegExp(`^it was reset \\(tried ${attempts} times in `)),
  })
  expect(asked).toBe(attempts)
})

test('in a thread too', async () => {
  const blob = await serveBlob(content, ({ from }, response) => {
    response.writeHead(206, {
      'content-length': content.length - from,
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
    })
    response.write(content.subarray(from, from + crumb), () => response.socket?.destroy())
    return true
  })
  await expect(tryDownload({ content, url: blob.url })).rejects.toMatchObject({ code: 'network' })
  expect(blob.questions.length).toBeLessThanOrEqual(attempts + 1)
})

test('and one that gives a few bytes of what it is asked for, again and again, is left to others', async () => {
  const blob = await serveBlob(content, ({ from }, response) => {
    const part = content.subarray(from, from + crumb)
    const range = `bytes ${from}-${from + part.length - 1}/${content.length}`
    response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part)
    return true
  })
  expect((await tryDownload({ content, url: blob.url })).outcome).toEqual({ declined: 'the answer is range' })
})
