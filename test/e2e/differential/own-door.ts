import { randomBytes } from 'node:crypto'
import net from 'node:net'

export interface Door extends AsyncDisposable {
  /** `127.A.B.C:PORT`, an address that leads to the registry's. */
  readonly host: string
}

/**
 * Another address of a registry, for one program and one run of it.
 *
 * Both programs remember which layers a registry has, by its address, skopeo in a file of the whole machine. What one run taught them must
 * not decide the next, and ports alone come again.
 */
export async function openDoor(host: string): Promise<Door> {
  const [hostname, port] = host.split(':')
  const sockets = new Set<net.Socket>()
  const server = net.createServer(near => {
    const far = net.connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => sockets.delete(one))
      one.pipe(other)
    }
  })
  const own = ['127', ...randomBytes(3)].join('.')
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, own, resolve))
  return {
    host: `${own}:${(server.address() as net.AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
