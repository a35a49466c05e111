import { connect, type Socket } from 'node:net'
import { type ServerAddress, serverAddress } from './server-address.ts'

/** A connection to a server that is opened while the client that will use it is still being loaded, which takes as long as a round trip. */
export class EarlySocket {
  readonly #address: ServerAddress
  #socket: Socket | undefined
  /** Until it is open it is ours, and ends with us. */
  #opening: Socket | undefined

  constructor(url: URL) {
    this.#address = serverAddress(url)
    this.#socket = connect({ ...this.#address, noDelay: true })
    // Whoever connects later finds out what is wrong, and says it.
    this.#socket.on('error', () => this.close())
  }

  /**
   * Gives it away once it is open, if it is to that server; `undefined`: there is none.
   *
   * @throws with the code ETIMEDOUT where it is not open by then
   */
  async take(server: Parameters<typeof serverAddress>[0], timeoutMs: number): Promise<Socket | undefined> {
    const { host, port } = serverAddress(server)
    const socket = this.#socket
    if (socket === undefined || host !== this.#address.host || port !== this.#address.port) return undefined
    this.#socket = undefined
    if (socket.connecting) await this.#untilOpen(socket, timeoutMs)
    if (socket.destroyed || socket.readyState !== 'open') return undefined
    return socket.removeAllListeners()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
    this.#opening?.destroy()
  }

  async #untilOpen(socket: Socket, timeoutMs: number): Promise<void> {
    this.#opening = socket
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      socket.destroy()
    }, timeoutMs)
    await new Promise<void>(resolve => socket.once('connect', resolve).once('close', () => resolve()))
    clearTimeout(timer)
    this.#opening = undefined
    if (isLate) throw Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })
  }
}
