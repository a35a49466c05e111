import { hash, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { answerHead, type BlobQuirk, type Question, serveBlob } from './blob-server.ts'
import { openSink, type SinkQuirk } from './part-sink.ts'
import { partSize, type TriedRelay, tryRelay } from './try-relay.ts'

/** Six parts, the last of them smaller. */
export const content = randomBytes(5 * partSize + 1000)
export const count = 6

/** What its servers do. */
export interface Scripts extends Partial<Parameters<typeof tryRelay>[0]> {
  readonly source?: BlobQuirk
  readonly quirk?: SinkQuirk
  /** What is added to the address where it is located anew. */
  readonly elsewhere?: string
}

/** A relay from one scripted server to another. */
export async function relayed({ source, quirk, elsewhere, ...options }: Scripts = {}) {
  const blob = await serveBlob(options.content ?? content, source)
  const sink = await openSink(quirk)
  const relocate = async () => {
    await sleep(20)
    return elsewhere === undefined
      ? undefined
      : { url: `${blob.url}${elsewhere}`, headers: {}, tlsVerify: true, route: undefined }
  }
  const tried = await tryRelay({ content, url: blob.url, sink, relocate, ...options })
  return { ...tried, blob, sink }
}

export const all = Array.from({ length: count }, (_, at) => at + 1)
export const bytesOf = (number: number) => content.subarray((number - 1) * partSize, number * partSize)
export const etagOf = (number: number) => hash('md5', bytesOf(number))

type Ended = TriedRelay & { readonly sink: { readonly parts: Map<number, Buffer> } }

/** Every part is there once, and its bytes were told of once. */
export function expectWhole({ outcome, progress, sink }: Ended) {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  expect(all.map(number => outcome.parts?.get(number))).toEqual(
    all.map(number => ({ etag: etagOf(number), size: bytesOf(number).byteLength })),
  )
  for (const number of all) expect(sink.parts.get(number)?.equals(bytesOf(number))).toBe(true)
  expect(progress).toBe(content.byteLength)
}

/** Not even a head where `bytes` is not given. */
export function breakOff(question: Question, response: ServerResponse, bytes: number | undefined): void {
  const { socket } = question.request.raw
  if (bytes === undefined) return void socket.destroy()
  answerHead(content, question, response)
  response.flushHeaders()
  response.write(content.subarray(question.from, question.from + bytes), () => setImmediate(() => socket.end()))
}

/** Answers with no body. */
export function ended(response: ServerResponse, status: number, headers: Record<string, string> = {}): true {
  response.writeHead(status, { 'content-length': 0, ...headers }).end()
  return true
}
