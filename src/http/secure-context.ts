import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { LadingError, systemCode } from '../errors/index.ts'
import type { ServerRoute } from './server-route.ts'

/** Made once for all connections: it takes longer than the rest of a handshake where the system's authorities are named one by one. */
export function secureContextOf({ ca, moreCa, cert, key }: ServerRoute = {}): { secureContext?: SecureContext } {
  if (ca === undefined && moreCa === undefined && cert === undefined && key === undefined) return {}
  const authorities =
    moreCa === undefined ? ca : [...(ca === undefined ? getCACertificates('default') : [ca]), ...moreCa]
  try {
    const secureContext = createSecureContext({
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(cert === undefined ? {} : { cert: [cert].flat() }),
      ...(key === undefined ? {} : { key: [key].flat() }),
    })
    return { secureContext }
  } catch (cause) {
    const why = systemCode(cause) ?? 'they are malformed'
    throw new LadingError('tls', `the certificates that are given cannot be used (${why})`, {
      cause,
      hint: 'they are PEM; a key has no passphrase, belongs to its certificate, and is as strong as this OpenSSL wants',
    })
  }
}
