import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { close, listen } from '../../src/testing/listen.ts'
import type { RecordedRequest } from '../../src/testing/recorded-request.ts'
import { type Fault, type FaultHandle, FaultTable, requestTransforms, responseTransforms } from './fault.ts'

export interface TestProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly url: string
  /** Everything that was asked, in order of arrival. Set its `length` to 0 to count anew. */
  readonly requests: RecordedRequest[]
  /** How many there were. */
  readonly connections: number
  /** From now on, this befalls the requests that it matches. */
  fault(fault: Fault): FaultHandle
  /** Also of connections that are refused. */
  clearFaults(): void
  stop(): Promise<void>
}

/**
 * A reverse proxy that counts what passes and breaks what it is told to.
 *
 * Host, path and headers pass unchanged: a registry's absolute Locations lead back here, and signed requests stay valid.
 *
 * @param target an origin with the scheme http
 */
export async function startProxy(target: string): Promise<TestProxy> {
  const { hostname, port: targetPort } = new URL(target)
  const agent = new Agent({ keepAlive: true })
  const requests: RecordedRequest[] = []
  const faults = new FaultTable()

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const record: RecordedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      status: undefined,
      requestBytes: 0,
      responseBytes: 0,
    }
    requests.push(record)
    const fault = faults.pick(incoming) ?? {}
    const drop = () => void incoming.socket.resetAndDestroy()
    if (fault.delayMilliseconds !== undefined) await sleep(fault.delayMilliseconds)
    if (fault.reset) return drop()
    if (fault.refuseMilliseconds !== undefined) return refuseFor(fault.refuseMilliseconds)
    if (fault.silent) return
    if (fault.garbage !== undefined) return void incoming.socket.end(fault.garbage)
    if (fault.status !== undefined) {
      incoming.resume()
      record.status = fault.status
      response.writeHead(fault.status, fault.headers).end(fault.body)
      return
    }
    forward(incoming, response, record, fault, drop)
  }

  function forward(
    incoming: IncomingMessage,
    response: ServerResponse,
    record: RecordedRequest,
    fault: Fault,
    drop: () => void,
  ): void {
    const headers = endToEnd(incoming.rawHeaders, fault.withoutHeader)
    const { method, path } = record
    const outgoing = httpRequest({ host: hostname, port: targetPort, method, path, headers, agent, setHost: false })
    outgoing.on('error', () => {
      if (!response.headersSent) drop()
    })
    outgoing.on('continue', () => response.writeContinue())
    outgoing.on('response', answer => {
      if (fault.lost || fault.lostInSilence) {
        answer.resume()
        if (fault.lost) answer.on('end', drop)
        return
      }
      record.status = answer.statusCode
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answered(answer.rawHeaders, fault))
      const end = () => void incoming.socket.end()
      chain(answer, [
        ...responseTransforms(fault, drop, end),
        count(bytes => {
          record.responseBytes += bytes
        }),
      ]).pipe(response)
      answer.on('error', drop)
      response.on('close', () => answer.destroy())
    })
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy()
    })
    const cut = () => {
      outgoing.destroy()
      drop()
    }
    chain(incoming, [
      ...requestTransforms(fault, cut),
      count(bytes => {
        record.requestBytes += bytes
      }),
    ]).pipe(outgoing)
  }

  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    serve(incoming, response).catch(() => incoming.socket.destroy())
  })
  server.on('checkContinue', (incoming: IncomingMessage, response: ServerResponse) => {
    server.emit('request', incoming, response)
  })
  let connections = 0
  server.on('connection', () => {
    connections++
  })
  const host = await listen(server)
  const port = Number(new URL(`http://${host}`).port)
  let reopening: NodeJS.Timeout | undefined
  function refuseFor(milliseconds: number): void {
    server.close()
    server.closeAllConnections()
    reopening = setTimeout(reopen, Math.min(milliseconds, 2 ** 31 - 1))
  }
  function reopen(): void {
    clearTimeout(reopening)
    server.listen(port, '127.0.0.1')
  }
  async function stop(): Promise<void> {
    clearTimeout(reopening)
    agent.destroy()
    await close(server)
  }
  return {
    host,
    url: `http://${host}`,
    requests,
    get connections() {
      return connections
    },
    fault: fault => faults.add(fault),
    clearFaults() {
      faults.clear()
      if (!server.listening) reopen()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function chain(from: Readable, through: readonly Transform[]): Readable {
  return through.reduce<Readable>((before, next) => before.pipe(next), from)
}

function count(add: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      add(chunk.length)
      callback(null, chunk)
    },
  })
}

/** Without the one header that is each connection's own, and one more. Raw headers alternate names and values. */
function endToEnd(rawHeaders: readonly string[], without?: string): string[] {
  return rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)]?.toLowerCase()
    return name !== 'connection' && name !== without
  })
}

function answered(rawHeaders: readonly string[], { truncate, answerHeaders = {} }: Fault): string[] {
  const changed: Readonly<Record<string, string>> =
    truncate === undefined ? answerHeaders : { ...answerHeaders, 'content-length': String(truncate) }
  return Object.entries(changed).reduce(
    (headers, [name, value]) => [...endToEnd(headers, name), name, value],
    endToEnd(rawHeaders),
  )
}
