import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { TransferThreads } from '../../src/copy/lanes/transfer-threads.ts'
import { DirectPool, maxConnections } from '../../src/http/direct/index.ts'
import { Congestion, createHttpClient } from '../../src/http/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { serve } from '../http/for-one-test.ts'
import { serveBlob } from './blob-server.ts'
import { get } from './direct-get.ts'
import { newEmptyFile } from './try-download.ts'

function openPool(congestion = new Congestion()): DirectPool {
  const pool = new DirectPool({ congestion })
  onTestFinished(() => pool[Symbol.dispose]())
  return pool
}

test.each([
  429, 503,
])('a pool has fewer requests under way to a host that has answered %i, and more again later', async status => {
  let [open, most] = [0, 0]
  const waiting: (() => void)[] = []
  const server = await serve(({ path }, response) => {
    if (path === '/busy') return void response.writeHead(status, { 'content-length': 0 }).end()
    if (path === '/fine') return void response.writeHead(200, { 'content-length': 1 }).end('x')
    open += 1
    most = Math.max(most, open)
    waiting.push(() => {
      open -= 1
      response.writeHead(200, { 'content-length': 1 }).end('x')
    })
  })
  const pool = openPool()
  const ask = (path: string) => get(pool, `${server.origin}${path}`)
  for (let round = 0; round < 2; round++) await ask('/busy')
  const limit = maxConnections / 4
  expect(pool.limitOf(server.host)).toBe(limit)
  const asked = Array.from({ length: maxConnections }, () => ask('/slow'))
  while (asked.length > 0 && waiting.length < limit) await new Promise(resolve => setImmediate(resolve))
  let answered = 0
  while (answered < asked.length) {
    for (const answer of waiting.splice(0)) {
      answer()
      answered += 1
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(asked)
  // the limit grows by one with every eighth success
  expect(most).toBeLessThanOrEqual(limit + maxConnections / 8)
  for (let round = 0; round < maxConnections * 8; round++) await ask('/fine')
  expect(pool.limitOf(server.host)).toBe(maxConnections)
  expect(pool.limitOf('elsewhere.test')).toBe(maxConnections)
})

test('what one hears, all who share it go by, and a burst is one burst', () => {
  const congestion = new Congestion()
  const [one, other] = [openPool(congestion), openPool(congestion)]
  expect([one.limitOf('a.test'), other.limitOf('a.test')]).toEqual([maxConnections, maxConnections])
  for (let time = 0; time < 5; time++) congestion.tell('a.test', () => {})
  expect([one.limitOf('a.test'), other.limitOf('a.test')]).toEqual([maxConnections / 2, maxConnections / 2])
  expect(one.limitOf('b.test')).toBe(maxConnections)
})

test('a thread tells of it, and the client of its copy tells the threads', async () => {
  const content = randomBytes(5 * 1024 * 1024)
  const congestion = new Congestion()
  const heard: string[] = []
  congestion.listen(host => heard.push(host))
  await using threads = new TransferThreads({ congestion })
  await using http = createHttpClient({ environment: {}, congestion, retry: { attempts: 1 } })
  const { url, server } = await serveBlob(content, ({ nth }, response) => {
    if (nth > 1) return false
    response.writeHead(429, { 'content-length': 0, 'retry-after': '0' }).end()
    return true
  })
  const request = { url, headers: {}, tlsVerify: true, route: undefined }
  const task = {
    kind: 'download',
    request,
    digest: digestOf(content),
    size: content.length,
    path: newEmptyFile(),
  } as const
  const listener = { progress() {}, retried() {}, relocate: async () => undefined }
  expect(await threads.move(task, listener, new AbortController().signal)).toEqual({ kind: 'done' })
  expect(heard).toEqual([server.host])
  const busy = await serve((_, response) => void response.writeHead(429).end())
  await (await http.request({ method: 'GET', url: busy.origin })).discard()
  expect(heard).toEqual([server.host, busy.host])
})
