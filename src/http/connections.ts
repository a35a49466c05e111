import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici'
import { limits } from '../model/limits.ts'
import type { EarlySocket } from './early-socket.ts'
import { secureContextOf } from './secure-context.ts'
import type { ServerRoute } from './server-route.ts'
import type { Timeouts } from './timeouts.ts'

/** Larger than any registry needs; signed cookies and policies of some proxies go past Node's default of 16 KiB. */
const maxHeaderBytes = limits.headerBytes

/** As undici has it for connections of its own. */
const keepAliveMs = 60_000

interface Way {
  readonly proxy: URL | undefined
  readonly tlsVerify: boolean
  readonly route: ServerRoute | undefined
}

/** Connection pools, one set for each way to reach servers. Loaded with the first request: undici costs as much as starting Node. */
export class Connections implements AsyncDisposable {
  readonly #timeouts: Timeouts
  readonly #dispatchers = new Map<string, Dispatcher>()

  readonly #early: EarlySocket | undefined
  #isClosed = false

  /** @param early is used by whoever connects to its server first, and closed with the rest */
  constructor(timeouts: Timeouts, early?: EarlySocket) {
    this.#timeouts = timeouts
    this.#early = early
  }

  /** Keeps its own pool for each origin, and for certificates that are not checked: such a connection must not serve others. */
  dispatcher(way: Way): Dispatcher {
    const { socketPath, ca, moreCa, cert, key } = way.route ?? {}
    const name = JSON.stringify([way.tlsVerify, way.proxy?.href, socketPath, ca, moreCa, cert, key])
    const known = this.#dispatchers.get(name)
    if (known !== undefined) return known
    const made = this.#open(way)
    this.#dispatchers.set(name, made)
    return made
  }

  #open({ proxy, tlsVerify, route }: Way): Dispatcher {
    // HTTP/1.1: large blobs over connections of their own are not throttled by the one flow-control window of an HTTP/2 connection.
    const options = { allowH2: false, maxHeaderSize: maxHeaderBytes }
    const tls = {
      rejectUnauthorized: tlsVerify,
      allowH2: false,
      timeout: this.#timeouts.connectMs,
      ...(route?.socketPath === undefined ? {} : { socketPath: route.socketPath }),
      ...secureContextOf(route),
    }
    if (proxy === undefined) return new Agent({ ...options, connect: this.#connector(tls) })
    return new ProxyAgent({ ...options, uri: proxy.href, requestTls: tls, connectTimeout: this.#timeouts.connectMs })
  }

  #connector(tls: buildConnector.BuildOptions): buildConnector.connector {
    const connect = buildConnector(tls)
    const early = this.#early
    if (early === undefined || tls.socketPath !== undefined) return connect
    return (options, callback) => {
      early.take(options, this.#timeouts.connectMs).then(
        socket => {
          if (this.#isClosed) socket?.destroy()
          if (this.#isClosed) callback(new Error('the connections were closed'), null)
          else if (socket === undefined) connect(options, callback)
          else if (options.protocol === 'https:') connect({ ...options, httpSocket: socket }, callback)
          else callback(null, socket.setKeepAlive(true, keepAliveMs))
        },
        error => callback(error, null),
      )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#early?.close()
    const open = [...this.#dispatchers.values()]
    this.#dispatchers.clear()
    await Promise.all(open.map(dispatcher => dispatcher.destroy()))
  }
}
