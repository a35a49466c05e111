import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawServer {
  readonly origin: string
  /** The head of every request, in order. */
  readonly heads: string[]
  readonly sockets: Socket[]
}

interface RawServerOptions {
  /** Called for every connection, before its first request. */
  readonly connected?: (socket: Socket) => void
  readonly host?: string
}

/** A server that answers each GET with whatever bytes a test wants. It goes with the test. */
export async function serveRaw(
  answer: (socket: Socket, nth: number) => void,
  { connected = () => {}, host = '127.0.0.1' }: RawServerOptions = {},
): Promise<RawServer> {
  const heads: string[] = []
  const sockets: Socket[] = []
  const server = createServer({ noDelay: true }, socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    connected(socket)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        heads.push(text.slice(0, end))
        text = text.slice(end + 4)
        answer(socket, heads.length)
      }
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // an object for every TCP server
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { origin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, heads, sockets }
}
