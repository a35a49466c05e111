import net from 'node:net'

export interface Door extends AsyncDisposable {
  /** `127.0.0.1:PORT`, an address that leads to the registry's. */
  readonly host: string
}

/**
 * Another address of a registry, for one program and one run of it.
 *
 * Both programs remember which layers a registry has, by its address. What one run taught them must not decide the next.
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
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as net.AddressInfo
  return {
    host: `127.0.0.1:${own}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
