import { connect, type Socket } from 'node:net'

/** A connection to a server that is opened while the client that will use it is still being loaded, which takes as long as a round trip. */
export class EarlySocket {
  readonly #host: string
  readonly #port: string
  #socket: Socket | undefined

  constructor(url: URL) {
    this.#host = url.hostname
    this.#port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
    this.#socket = connect({ host: this.#host.replace(/^\[|\]$/g, ''), port: Number(this.#port), noDelay: true })
    // Whoever connects later finds out what is wrong, and says it.
    this.#socket.on('error', () => this.close())
  }

  /** Gives it away once it is open, if it is to that server; `undefined`: there is none. */
  async take({
    hostname,
    port,
    protocol,
  }: {
    hostname: string
    port?: string
    protocol: string
  }): Promise<Socket | undefined> {
    const wanted = port || (protocol === 'https:' ? '443' : '80')
    const socket = this.#socket
    if (socket === undefined || hostname !== this.#host || wanted !== this.#port) return undefined
    this.#socket = undefined
    if (socket.connecting)
      await new Promise<void>(resolve => socket.once('connect', resolve).once('close', () => resolve()))
    if (socket.destroyed || socket.readyState !== 'open') return undefined
    return socket.removeAllListeners()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}
