import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { answerHead, type BlobQuirk, serveBlob } from '../../../test/lanes/blob-server.ts'
import { openBelow, tryDownload } from '../../../test/lanes/try-download.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'

const mib = 1024 * 1024
/** Large enough to be worth several connections where each is slow; and two. */
const huge = randomBytes(64 * mib)
const large = huge.subarray(0, 32 * mib)
const kib256 = 256 * 1024
/** What is asked again and again would be asked within this. */
const hurryMs = 200

afterEach(() => {
  expect(openBelow(temporaryFolder())).toEqual([])
})

describe('a server that is slow for each connection', () => {
  test('gets several, no byte of a range is asked for twice, and progress is told once', async () => {
    const blob = await serveBlob(huge, () => false, { bytesPerTick: kib256 })
    const { outcome, file, progress } = await tryDownload({ content: huge, url: blob.url })
    expect([outcome, file.equals(huge), progress]).toEqual(['done', true, huge.byteLength])
    expect(blob.connections).toBeGreaterThanOrEqual(3)
    const ranges = blob.questions.filter(({ isRange }) => isRange).sort((a, b) => a.from - b.from)
    for (const [at, { from }] of ranges.entries()) expect(from).toBeGreaterThanOrEqual(ranges[at - 1]?.to ?? 0)
    expect(ranges.at(-1)?.to).toBe(huge.byteLength)
  })

  test('gets no more than this download’s share of them', async () => {
    const blob = await serveBlob(huge, () => false, { bytesPerTick: kib256 })
    const { outcome, file } = await tryDownload({ content: huge, url: blob.url, share: 2 })
    expect([outcome, file.equals(huge)]).toEqual(['done', true])
    // the first is left where what it reads was cut short, and another takes its place
    expect(blob.connections).toBeLessThanOrEqual(3)
    expect(blob.questions.length).toBeGreaterThan(2)
  })

  test('and knows no ranges is asked for one once, and sends all of it', async () => {
    const blob = await serveBlob(large, ({ isRange }, response) => isRange && answersWhole(response), {
      bytesPerTick: kib256,
      hurryMs,
    })
    const { outcome, file, progress } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large), progress]).toEqual(['done', true, large.byteLength])
    expect(blob.questions).toHaveLength(2)
  })

  test.each<[string, BlobQuirk]>([
    ['416', (_, response) => ended(response.writeHead(416, { 'content-length': 0 }))],
    ['chunks', (_, response) => ended(response.writeHead(206))],
    ['a redirect to no place', (_, response) => ended(response.writeHead(307, { 'content-length': 0 }))],
    ['a connection that it closes', ({ request }) => Boolean(request.raw.socket.destroy())],
    ['429', (_, response) => ended(response.writeHead(429, { 'content-length': 0 }))],
  ])('and answers a range with %s is not asked for another, and its first answer is read on', async (_, quirk) => {
    const blob = await serveBlob(large, (question, response) => question.isRange && quirk(question, response), {
      bytesPerTick: kib256,
      hurryMs,
    })
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
    expect(blob.questions).toHaveLength(2)
  })

  test('and never answers a second question is not waited for', async () => {
    const blob = await serveBlob(large, ({ nth }) => nth > 1, { bytesPerTick: kib256, hurryMs })
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
    expect(blob.questions).toHaveLength(2)
  })

  test('and breaks off all connections at once is asked for the rest over fewer', async () => {
    let isBroken = false
    const blob = await serveBlob(
      huge,
      () => {
        if (isBroken || blob.connections < 3) return false
        isBroken = true
        for (const { request } of blob.questions) request.raw.socket.destroy()
        return true
      },
      { bytesPerTick: kib256 },
    )
    const { outcome, file, progress, retries } = await tryDownload({ content: huge, url: blob.url })
    expect([outcome, file.equals(huge), progress, isBroken]).toEqual(['done', true, huge.byteLength, true])
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
      { bytesPerTick: kib256, hurryMs },
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
      { bytesPerTick: kib256, hurryMs },
    )
    const { outcome, file } = await tryDownload({ content: large, url: blob.url })
    expect([outcome, file.equals(large)]).toEqual(['done', true])
  })
})

function wrongByte(bytes: Buffer): Buffer<ArrayBuffer> {
  const wrong = Buffer.from(bytes)
  wrong[1234] = (wrong[1234] ?? 0) ^ 1
  return wrong
}

function ended(response: ServerResponse, body?: Buffer): true {
  response.end(body)
  return true
}

function answersWhole(response: ServerResponse): true {
  response.writeHead(200, { 'content-length': large.byteLength })
  return ended(response, large)
}
