import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { limits } from '../../model/limits.ts'
import { isUnexpectedAddress } from '../reach.ts'
import { secureContextOf } from '../secure-context.ts'
import { serverAddress } from '../server-address.ts'
import type { Timeouts } from '../timeouts.ts'
import type { DirectRequest } from './direct-request.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'

/** The socket reads into this again and again: a buffer for each read costs more than hashing what is in it. */
const bufferBytes = 512 * 1024
const maxHeadBytes = limits.headerBytes
/** What is beyond a byte would be cut to one, and U+010A to the end of a line. */
const headerLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n$/
/** A body that nobody wants is read to its end where that is cheaper than another connection. */
const maxSkippedBytes = 64 * 1024

/** What becomes of an answer. Both are called while the socket is read, and may do no more than take the bytes. */
export interface Taker {
  /** Whether its body is wanted. */
  head(head: ResponseHead): boolean
  /** `chunk` is overwritten as soon as this returns. Returns whether more is wanted. What it throws ends the connection. */
  bytes(chunk: Uint8Array): boolean
}

/** The answer is not one that is understood here, which says nothing against it. */
export class NotSimple extends Error {}

interface Exchange {
  readonly taker: Taker
  readonly resolve: (outcome: 'whole' | 'left') => void
  readonly reject: (error: unknown) => void
}

type State = 'idle' | 'head' | 'body' | 'skip' | 'closed'

/** One connection of HTTP/1.1, for one GET after another. */
export class DirectConnection {
  readonly #socket: Socket
  readonly #timeouts: Timeouts
  readonly #host: string
  #state: State = 'idle'
  #connected = false
  #head = ''
  #left = 0
  #keepsOpen = true
  #exchange: Exchange | undefined

  constructor(target: Pick<DirectRequest, 'url' | 'tlsVerify' | 'route'>, timeouts: Timeouts) {
    const url = new URL(target.url)
    const isTls = url.protocol === 'https:'
    this.#host = url.host
    this.#timeouts = timeouts
    const onread = {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback: (length: number, buffer: Uint8Array) => {
        this.#read(buffer.subarray(0, length))
        return true
      },
    }
    const { host, port } = serverAddress(url)
    const tls = {
      host,
      port,
      // https://nodejs.org/api/tls.html#tlsconnectoptions-callback knows it, its types do not
      onread,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: target.tlsVerify,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...secureContextOf(target.route),
    }
    this.#socket = isTls ? connectTls(tls) : connectTcp({ host, port, onread, noDelay: true })
    this.#socket.once(isTls ? 'secureConnect' : 'connect', () => {
      this.#connected = true
      this.#watch()
    })
    this.#socket.on('lookup', (_error, address) => {
      if (isUnexpectedAddress(host, address)) this.#fail(new NotSimple('a name of an address of its own'))
    })
    this.#socket.on('timeout', () => this.#fail(silence(this.#connected, this.#state)))
    this.#socket.on('error', error => this.#fail(error))
    this.#socket.on('close', () => this.#fail(coded('UND_ERR_SOCKET', 'the other side closed the connection')))
    this.#watch()
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /**
   * Sends a GET and gives its answer to `taker`. `left`: not all of the body was wanted.
   *
   * @throws NotSimple; what the connection or the taker throws. Then the connection is closed
   */
  get(request: Pick<DirectRequest, 'url' | 'headers'>, taker: Taker): Promise<'whole' | 'left'> {
    const { pathname, search } = new URL(request.url)
    const headers = { host: this.#host, ...request.headers }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    return new Promise((resolve, reject) => {
      this.#exchange = { taker, resolve, reject }
      if (!lines.every(line => headerLine.test(line)))
        return this.#fail(new NotSimple('a header that is not one line of text'))
      if (this.#state === 'closed') return this.#fail(coded('UND_ERR_SOCKET', 'the connection is closed'))
      this.#state = 'head'
      this.#head = ''
      this.#watch()
      this.#socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
    })
  }

  close(): void {
    this.#fail(coded('UND_ERR_SOCKET', 'the connection is closed'))
  }

  #read(chunk: Uint8Array): void {
    try {
      const body = this.#state === 'head' ? this.#readHead(chunk) : chunk
      if (body.byteLength > 0) this.#readBody(body)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Gives back what follows the head. */
  #readHead(chunk: Uint8Array): Uint8Array {
    const before = this.#head.length
    this.#head += Buffer.from(chunk.buffer, chunk.byteOffset, Math.min(chunk.byteLength, maxHeadBytes)).toString(
      'latin1',
    )
    const end = this.#head.indexOf('\r\n\r\n', Math.max(0, before - 3))
    if (end < 0) {
      if (this.#head.length >= maxHeadBytes) throw new NotSimple('a long head')
      return chunk.subarray(chunk.byteLength)
    }
    const head = parseResponseHead(this.#head.slice(0, end))
    if (head === undefined) throw new NotSimple('an answer in another form')
    this.#left = head.length
    this.#keepsOpen = head.keepsOpen
    const wanted = this.#exchange?.taker.head(head) ?? false
    if (!wanted && head.length > maxSkippedBytes) this.#finish('left')
    else this.#state = wanted ? 'body' : 'skip'
    this.#watch()
    if (this.#left === 0) this.#finish(wanted ? 'whole' : 'left')
    return chunk.subarray(end + 4 - before)
  }

  #readBody(chunk: Uint8Array): void {
    if (this.#state === 'closed') return
    if (this.#state === 'idle' || chunk.byteLength > this.#left) throw new NotSimple('more than the stated length')
    this.#left -= chunk.byteLength
    const more = this.#state === 'skip' || (this.#exchange?.taker.bytes(chunk) ?? false)
    if (this.#left === 0) this.#finish(this.#state === 'skip' ? 'left' : 'whole')
    else if (!more) this.#finish('left')
  }

  #finish(outcome: 'whole' | 'left'): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    if (this.#left > 0 || !this.#keepsOpen) this.#end()
    else this.#state = 'idle'
    this.#watch()
    exchange?.resolve(outcome)
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#end()
    exchange?.reject(error)
  }

  #end(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#socket.destroy()
  }

  #watch(): void {
    const { connectMs, answerMs, idleMs } = this.#timeouts
    const waiting = this.#state === 'head' ? answerMs : idleMs
    if (this.#state !== 'closed') this.#socket.setTimeout(this.#connected ? waiting : connectMs)
  }
}

/** In the codes that `networkFailure` knows. */
function silence(connected: boolean, state: State): Error {
  if (!connected) return coded('ETIMEDOUT', 'no connection in time')
  return state === 'head'
    ? coded('UND_ERR_HEADERS_TIMEOUT', 'no answer in time')
    : coded('UND_ERR_BODY_TIMEOUT', 'no more bytes in time')
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
