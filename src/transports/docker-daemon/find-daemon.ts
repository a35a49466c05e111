import path from 'node:path'
import { homeFolder } from '../../auth/home-folder.ts'
import type { TransportContext } from '../transport.ts'
import { type DaemonAddress, type DaemonTls, localAddress, networkAddress } from './daemon-address.ts'
import { readCertificates, readNamedCertificates } from './daemon-certificates.ts'
import { currentDockerContext } from './docker-context.ts'

/**
 * Where the daemon listens that a side of a copy means: what the command line says, as the containers tools read it; else DOCKER_HOST,
 * else the context that Docker's own command uses, else where Docker listens by itself. A folder of certificates that the command line
 * names stands in the place of each one's own.
 *
 * @throws LadingError `bad-argument`, `unsupported`, `tls`, `io`
 */
export async function findDaemon(
  context: Pick<TransportContext, 'certDir' | 'daemonHost' | 'environment' | 'side' | 'tlsVerify'>,
): Promise<DaemonAddress> {
  const { certDir, daemonHost, environment, side, tlsVerify } = context
  const configuration = environment.DOCKER_CONFIG || path.join(homeFolder(environment), '.docker')
  const certificates = certDir ?? environment.DOCKER_CERT_PATH
  const read = certDir === undefined ? readCertificates : readNamedCertificates
  if (daemonHost !== undefined) {
    const option = side === 'source' ? '--src-daemon-host' : '--dest-daemon-host'
    const local = localAddress(daemonHost)
    if (local !== undefined) return local
    // containers-transports(5): tcp:// is HTTPS, and plain HTTP is asked for with http://
    const tls: DaemonTls | undefined = daemonHost.startsWith('http://')
      ? undefined
      : {
          certificates: certificates ? await read(certificates) : {},
          verify: tlsVerify !== false,
        }
    return networkAddress(daemonHost, tls, option)
  }
  const host = environment.DOCKER_HOST
  if (host) {
    const local = localAddress(host)
    if (local !== undefined) return local
    const verify = certDir !== undefined || Boolean(environment.DOCKER_TLS_VERIFY)
    const tls: DaemonTls | undefined =
      verify || certificates
        ? { certificates: await read(certificates || configuration), verify: verify && tlsVerify !== false }
        : undefined
    return networkAddress(host.includes('://') ? host : `tcp://${host}`, tls, 'DOCKER_HOST')
  }
  return (await currentDockerContext(configuration, context)) ?? ownAddress()
}

function ownAddress(): DaemonAddress {
  const host = process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock'
  return localAddress(host) ?? networkAddress(host, undefined, 'the default')
}
