import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { answerHead, serveBlob } from '../../../test/lanes/blob-server.ts'
import { serveRaw } from '../../../test/lanes/raw-server.ts'
import { newEmptyFile, openBelow } from '../../../test/lanes/try-download.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { digestOf } from '../../model/digest.ts'
import { type TransferListener, TransferThreads } from './transfer-threads.ts'

const content = randomBytes(5 * 1024 * 1024)
const digest = digestOf(content)
const never = new AbortController().signal

const opened: TransferThreads[] = []
afterEach(async () => {
  for (const threads of opened.splice(0)) await threads[Symbol.asyncDispose]()
  expect(openBelow(temporaryFolder())).toEqual([])
})

function openThreads(): TransferThreads {
  const threads = new TransferThreads()
  opened.push(threads)
  return threads
}

function taskOf(url: string, path = newEmptyFile()) {
  return {
    kind: 'download' as const,
    request: { url, headers: {}, tlsVerify: true, route: undefined },
    digest,
    size: content.byteLength,
    path,
  }
}

function listener(heard: Partial<TransferListener> = {}): TransferListener {
  return { progress: () => {}, retried: () => {}, relocate: async () => undefined, ...heard }
}

test('many blobs at once come by few threads, each whole, and their progress is told once', async () => {
  const blob = await serveBlob(content)
  const threads = openThreads()
  const tasks = Array.from({ length: 24 }, () => taskOf(blob.url))
  const progress = tasks.map(() => 0)
  const outcomes = await Promise.all(
    tasks.map((task, at) => {
      const heard = listener({ progress: bytes => (progress[at] = (progress[at] ?? 0) + bytes) })
      return threads.move(task, heard, never)
    }),
  )
  expect(outcomes).toEqual(tasks.map(() => ({ kind: 'done' })))
  expect(progress).toEqual(tasks.map(() => content.byteLength))
  for (const { path } of tasks) expect((await readFile(path)).equals(content)).toBe(true)
  expect(blob.questions).toHaveLength(24)
})

test('connections are used again for the next blob', async () => {
  const blob = await serveBlob(content)
  const threads = openThreads()
  for (let round = 0; round < 5; round++) await threads.move(taskOf(blob.url), listener(), never)
  expect(blob.connections).toBe(1)
})

test('what is wrong comes as it is said', async () => {
  const threads = openThreads()
  const gone = threads.move(taskOf('http://127.0.0.1:1/blob'), listener(), never)
  expect(await gone).toMatchObject({
    kind: 'failed',
    error: { code: 'network', message: expect.stringMatching(/^127.0.0.1:1 refuses connections \(tried 5 times/) },
  })
  const blob = await serveBlob(content)
  const nowhere = threads.move(taskOf(blob.url, '/nowhere/at/all'), listener(), never)
  expect(await nowhere).toMatchObject({ kind: 'failed', error: { code: 'io', message: 'no such file or directory' } })
  const folder = threads.move(taskOf(blob.url, temporaryFolder()), listener(), never)
  expect(await folder).toMatchObject({ kind: 'failed', error: { code: 'io', message: 'it is a directory' } })
})

test('retries are heard', async () => {
  const heard: unknown[] = []
  const blob = await serveBlob(content, (question, response) => {
    if (question.nth > 1) return false
    response.writeHead(503, { 'content-length': 0, 'retry-after': '0' }).end()
    return true
  })
  const outcome = await openThreads().move(taskOf(blob.url), listener({ retried: retry => heard.push(retry) }), never)
  expect(outcome).toEqual({ kind: 'done' })
  expect(heard).toEqual([
    expect.objectContaining({ attempt: 1, waitSeconds: 0, reason: `${new URL(blob.url).host} answered 503` }),
  ])
})

describe('another location', () => {
  test('is asked for, and used', async () => {
    const blob = await serveBlob(content, ({ request }, response) => {
      if (request.query === 'new') return false
      response.writeHead(403, { 'content-length': 0 }).end()
      return true
    })
    const relocate = async () => taskOf(`${blob.url}?new`).request
    expect(await openThreads().move(taskOf(blob.url), listener({ relocate }), never)).toEqual({ kind: 'done' })
  })

  test('that cannot be had is an error, and the file is closed', async () => {
    const blob = await serveBlob(content, (_, response) => {
      response.writeHead(403, { 'content-length': 0 }).end()
      return true
    })
    const failure = new Error('no token')
    const relocate = () => Promise.reject(failure)
    const threads = openThreads()
    await expect(threads.move(taskOf(blob.url), listener({ relocate }), never)).rejects.toBe(failure)
    await allClosed()
  })

  test('that is never told does not hold an abort back', async () => {
    const blob = await serveBlob(content, (_, response) => {
      response.writeHead(403, { 'content-length': 0 }).end()
      return true
    })
    const stop = new AbortController()
    const relocate = () => {
      stop.abort()
      return new Promise<undefined>(() => {})
    }
    expect(await openThreads().move(taskOf(blob.url), listener({ relocate }), stop.signal)).toEqual({
      kind: 'aborted',
    })
    await allClosed()
  })
})

test('a listener that throws fails its transfer, and no other', async () => {
  const blob = await serveBlob(content)
  const threads = openThreads()
  const failure = new Error('planted')
  const progress = () => {
    throw failure
  }
  const broken = threads.move(taskOf(blob.url), listener({ progress }), never)
  const whole = threads.move(taskOf(blob.url), listener(), never)
  await expect(broken).rejects.toBe(failure)
  expect(await whole).toEqual({ kind: 'done' })
  await allClosed()
})

describe('an abort', () => {
  test('before it begins is the signal’s reason', async () => {
    const reason = new Error('stopped')
    await expect(openThreads().move(taskOf('http://127.0.0.1:1'), listener(), AbortSignal.abort(reason))).rejects.toBe(
      reason,
    )
  })

  test('of one leaves the others alone', async () => {
    const stuck = await serveRaw(socket =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.byteLength}\r\n\r\nhello`),
    )
    const slow = await serveBlob(content, () => false, { bytesPerTick: 200_000 })
    const threads = openThreads()
    const stop = new AbortController()
    const stopped = Array.from({ length: 4 }, () => threads.move(taskOf(stuck.origin), listener(), stop.signal))
    const others = Array.from({ length: 4 }, () => threads.move(taskOf(slow.url), listener(), never))
    while (stuck.heads.length < 4) await new Promise(resolve => setTimeout(resolve, 1))
    stop.abort()
    for (const each of await Promise.all(stopped)) expect(each).toEqual({ kind: 'aborted' })
    for (const each of await Promise.all(others)) expect(each).toEqual({ kind: 'done' })
    while (!stuck.sockets.every(({ closed }) => closed)) await new Promise(resolve => setTimeout(resolve, 1))
  })
})

test('threads that are closed fail what they do, and take no more', async () => {
  const stuck = await serveRaw(() => {})
  const threads = openThreads()
  const waiting = threads.move(taskOf(stuck.origin), listener(), never).catch((error: unknown) => error)
  while (stuck.heads.length < 1) await new Promise(resolve => setTimeout(resolve, 1))
  await threads[Symbol.asyncDispose]()
  expect(await waiting).toMatchObject({ code: 'internal' })
  await expect(threads.move(taskOf(stuck.origin), listener(), never)).rejects.toMatchObject({ code: 'interrupted' })
})

test('a body that breaks off again and again in many blobs at once leaves every one whole', async () => {
  const blob = await serveBlob(content, (question, response) => {
    if (question.nth % 3 === 0) return false
    const to = Math.min(question.to, question.from + 2_000_000)
    answerHead(content, question, response)
    response.write(content.subarray(question.from, to), () => setImmediate(() => question.request.raw.socket.end()))
    return true
  })
  const tasks = Array.from({ length: 6 }, () => taskOf(blob.url))
  const threads = openThreads()
  const outcomes = await Promise.all(tasks.map(task => threads.move(task, listener(), never)))
  expect(outcomes).toEqual(tasks.map(() => ({ kind: 'done' })))
  for (const { path } of tasks) expect((await readFile(path)).equals(content)).toBe(true)
})

/** Until no file is open any more, as the test's own end would find; a file that stays open lets the test time out. */
async function allClosed(): Promise<void> {
  while (openBelow(temporaryFolder()).length > 0) await new Promise(resolve => setTimeout(resolve, 5))
}
