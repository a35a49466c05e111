import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { type ScriptedRequest, type ScriptedServer, startScriptedServer } from '../../src/testing/scripted-server.ts'

/** A question for bytes of the blob. */
export interface Question {
  readonly from: number
  /** The last byte plus one. */
  readonly to: number
  readonly isRange: boolean
  /** From 1, in the order of arrival. */
  readonly nth: number
  readonly request: ScriptedRequest
}

/** Answers in place of the server, and then returns true. */
export type BlobQuirk = (question: Question, response: ServerResponse) => boolean | undefined

export interface BlobServer {
  readonly server: ScriptedServer
  readonly url: string
  readonly questions: readonly Question[]
  /** Connections that were used so far. */
  readonly connections: number
}

interface BlobServerOptions {
  /** Bytes that a connection gets at each tick of a timer. Default: all at once. */
  readonly bytesPerTick?: number
  /** So long after the second question the rest comes all at once. Default: never. */
  readonly hurryMs?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A server of one blob, which knows ranges, correct but for its quirk. It goes with the test. */
export async function serveBlob(
  content: Buffer,
  quirk: BlobQuirk = () => false,
  { bytesPerTick, hurryMs, tls }: BlobServerOptions = {},
): Promise<BlobServer> {
  const questions: Question[] = []
  const sockets = new Set<unknown>()
  let isInHurry = false
  const server = await startScriptedServer((request, response) => {
    sockets.add(request.raw.socket)
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const isRange = first !== undefined
    const [from, to] = isRange ? [Number(first), Number(last) + 1] : [0, content.byteLength]
    const question = { from, to, isRange, nth: questions.length + 1, request }
    questions.push(question)
    if (hurryMs !== undefined && questions.length === 2) {
      setTimeout(() => {
        isInHurry = true
      }, hurryMs)
    }
    if (quirk(question, response)) return
    answerHead(content, question, response)
    sendAt(response, content.subarray(from, to), () => (isInHurry ? undefined : bytesPerTick))
  }, tls)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return {
    server,
    url: `${server.origin}/blob`,
    questions,
    get connections() {
      return sockets.size
    },
  }
}

/** The head that a server gives which does what it should. */
export function answerHead(content: Buffer, { from, to, isRange }: Question, response: ServerResponse): void {
  const range = isRange ? { 'content-range': `bytes ${from}-${to - 1}/${content.byteLength}` } : {}
  response.writeHead(isRange ? 206 : 200, { 'content-length': to - from, ...range })
}

function sendAt(response: ServerResponse, bytes: Buffer, bytesPerTick: () => number | undefined): void {
  if (bytesPerTick() === undefined) return void response.end(bytes)
  let at = 0
  const timer = setInterval(() => {
    const next = at + (bytesPerTick() ?? bytes.byteLength)
    response.write(bytes.subarray(at, next))
    at = next
    if (at >= bytes.byteLength) {
      clearInterval(timer)
      response.end()
    }
  }, 5)
  response.on('close', () => clearInterval(timer))
}
