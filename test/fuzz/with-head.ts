import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A server that answers with so many bytes of head, the status line and the empty line among them. */
export async function withHead(amount: number, ask: (origin: string) => Promise<boolean>): Promise<boolean> {
  const fixed = 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nx: \r\n\r\n'
  const head = fixed.replace('x: ', `x: ${'y'.repeat(amount - fixed.length)}`)
  const server = createServer(socket => void socket.on('error', () => {}).once('data', () => socket.write(`${head}z`)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const { port } = server.address() as AddressInfo // it listens on TCP
    return await ask(`http://127.0.0.1:${port}`)
  } finally {
    server.close()
  }
}
