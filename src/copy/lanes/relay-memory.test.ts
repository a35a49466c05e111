import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerHead, serveBlob } from '../../../test/lanes/blob-server.ts'
import { openSink } from '../../../test/lanes/part-sink.ts'
import { partSize, tryRelay, twoParts } from '../../../test/lanes/try-relay.ts'
import { PartBuffers } from '../../stores/parts/index.ts'

const content = randomBytes(7 * partSize + 1)

/** Memory that says how much of it was out at most. */
class CountedBuffers extends PartBuffers {
  most = 0
  #out = 0

  override async acquire(size: number, signal?: AbortSignal) {
    const buffer = await super.acquire(size, signal)
    this.#out += size
    this.most = Math.max(this.most, this.#out)
    return {
      bytes: buffer.bytes,
      release: (reusable?: boolean) => {
        this.#out -= size
        buffer.release(reusable)
      },
    }
  }
}

test('several blobs share little memory, and each comes whole, whatever the order and the breaks', async () => {
  const delays = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 12 })
  const breaks = fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 3 })
  const run = async (toRead: number[], toSend: number[], broken: number[], parts: number) => {
    const buffers = new CountedBuffers(parts * partSize, partSize)
    let sent = 0
    const blob = await serveBlob(content, (question, response) => {
      const isBroken = broken.includes(question.nth)
      void sleep(toRead[question.nth % toRead.length] ?? 0).then(() => {
        if (isBroken) return question.request.raw.socket.destroy()
        answerHead(content, question, response)
        return response.end(content.subarray(question.from, question.to))
      })
      return true
    })
    const sink = await openSink()
    const sign = async (part: Parameters<typeof sink.sign>[0]) => {
      sent += 1
      await sleep(toSend[sent % toSend.length] ?? 0)
      return await sink.sign(part)
    }
    const blobs = Array.from({ length: 3 }, () => tryRelay({ content, url: blob.url, sink, sign, buffers }))
    for (const { outcome, progress } of await Promise.all(blobs)) {
      expect([outcome.kind, progress]).toEqual(['done', content.byteLength])
    }
    expect(buffers.most).toBeLessThanOrEqual(parts * partSize)
    expect(Buffer.concat([...sink.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)).equals(content)).toBe(
      true,
    )
  }
  const property = fc.asyncProperty(delays, delays, breaks, fc.integer({ min: 1, max: 6 }), run)
  await fc.assert(property, { numRuns: 12 })
})

test('parts that are larger than all memory are moved one by one', async () => {
  const buffers = new CountedBuffers(1000, partSize)
  const blob = await serveBlob(content)
  const sink = await openSink()
  const { outcome } = await tryRelay({ content, url: blob.url, sink, buffers })
  expect([outcome.kind, buffers.most]).toEqual(['done', partSize])
})

test('memory that is never given back by others holds an abort up for nobody', async () => {
  const buffers = twoParts()
  await buffers.acquire(2 * partSize)
  const blob = await serveBlob(content)
  const sink = await openSink()
  const stop = new AbortController()
  const waiting = tryRelay({ content, url: blob.url, sink, buffers, signal: stop.signal })
  stop.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})
