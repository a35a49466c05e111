import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import type { HttpRequest } from '../../src/http/index.ts'
import type { PartToSend } from '../../src/stores/index.ts'
import { type ScriptedRequest, startScriptedServer } from '../../src/testing/scripted-server.ts'

/** A part that arrives. */
export interface Arrival {
  readonly number: number
  /** Of this part, from 1. */
  readonly nth: number
  readonly request: ScriptedRequest
  readonly body: Buffer
}

/** Answers in place of the server, and then returns true. */
export type SinkQuirk = (arrival: Arrival, response: ServerResponse) => boolean | undefined

export interface PartSink {
  readonly url: string
  readonly parts: Map<number, Buffer>
  /** The numbers of all parts that arrived, in order. */
  readonly arrivals: number[]
  sign(part: PartToSend): Promise<HttpRequest>
}

/** A server that takes parts and answers with their MD5, correct but for its quirk. It goes with the test. */
export async function openSink(quirk: SinkQuirk = () => false): Promise<PartSink> {
  const parts = new Map<number, Buffer>()
  const arrivals: number[] = []
  const server = await startScriptedServer(async (request, response) => {
    const body = await request.body()
    const number = Number(new URLSearchParams(request.query).get('part'))
    arrivals.push(number)
    const nth = arrivals.filter(each => each === number).length
    if (quirk({ number, nth, request, body }, response)) return
    if (hash('sha256', body) !== request.headers['x-sha256']) return void response.writeHead(400).end()
    parts.set(number, body)
    response.writeHead(200, { etag: `"${hash('md5', body)}"` }).end()
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return {
    url: server.origin,
    parts,
    arrivals,
    sign: async ({ number, size, sha256 }) => ({
      method: 'PUT',
      url: `${server.origin}/upload?part=${number}`,
      headers: { 'x-sha256': sha256, 'content-length': String(size) },
    }),
  }
}
