// A process of its own, so that what it costs is nobody else's: `node bench/shaping-proxy.ts HOST PORT SHAPE` prints where it listens.
import { connect, createServer, type Socket } from 'node:net'
import type { Shape } from './shape.ts'
import { type Clock, carry } from './shaped-link.ts'

const [, , host = '', port = '', text = '{}'] = process.argv
const shape: Shape = JSON.parse(text)

const clock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run) => void setTimeout(run, milliseconds),
}

function join(client: Socket): void {
  const server = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true })
  client.setNoDelay(true)
  // The handshake is a round trip before anything can be asked.
  const opensAt = clock.now() + shape.roundTripMilliseconds
  carry(client, server, shape, clock, opensAt)
  carry(server, client, shape, clock, opensAt)
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', failed => {
      if (failed) other.destroy()
    })
  }
}

const listener = createServer({ allowHalfOpen: true }, join)
listener.listen(0, '127.0.0.1', () => {
  const address = listener.address()
  if (address !== null && typeof address !== 'string') process.stdout.write(`listens on ${address.port}\n`)
})
