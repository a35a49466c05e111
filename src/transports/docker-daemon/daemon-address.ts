import { LadingError } from '../../errors/index.ts'
import type { ServerRoute } from '../../http/index.ts'

/** Where a daemon listens. */
export interface DaemonAddress {
  /** As Docker writes it: `unix:///var/run/docker.sock`. */
  readonly name: string
  /** What request paths are put behind. */
  readonly origin: string
  readonly route: ServerRoute
  /** `false`: accept any certificate. */
  readonly tlsVerify: boolean
}

export interface DaemonTls {
  readonly certificates: Pick<ServerRoute, 'ca' | 'cert' | 'key'>
  readonly verify: boolean
}

/** Docker's ports for plain HTTP and for TLS. */
const plainPort = 2375
const tlsPort = 2376

/** A socket or a named pipe of this machine; `undefined` for what is reached by a network. */
export function localAddress(host: string): DaemonAddress | undefined {
  const path = /^unix:\/\/(.+)$/.exec(host)?.[1] ?? /^npipe:\/\/(.+)$/.exec(host)?.[1]?.replaceAll('/', '\\')
  if (path === undefined) return undefined
  return { name: host, origin: 'http://docker', route: { socketPath: path }, tlsVerify: true }
}

/**
 * A daemon behind a network: `tcp://HOST[:PORT]`, with TLS where `tls` is given.
 *
 * @throws LadingError `bad-argument`, `unsupported` for ssh
 */
export function networkAddress(host: string, tls: DaemonTls | undefined, where: string): DaemonAddress {
  const url = URL.canParse(host) ? new URL(host) : undefined
  if (url?.protocol === 'ssh:') {
    throw new LadingError(
      'unsupported',
      `${where} names a daemon by way of ssh, which lading does not speak: ${host}`,
      {
        hint: `forward its socket, ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock ${url.username && `${url.username}@`}${url.hostname}, and name unix:///tmp/docker.sock`,
      },
    )
  }
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new LadingError('bad-argument', `${where} is not the address of a Docker daemon: ${host}`, {
      hint: 'write unix:///PATH or tcp://HOST:PORT',
    })
  }
  const secure = tls ?? (url.protocol === 'https:' ? { certificates: {}, verify: true } : undefined)
  const port = url.port || (secure === undefined ? plainPort : tlsPort)
  const path = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '')
  return {
    name: host,
    origin: `${secure === undefined ? 'http' : 'https'}://${url.hostname}:${port}${path}`,
    route: secure?.certificates ?? {},
    tlsVerify: secure?.verify ?? true,
  }
}
