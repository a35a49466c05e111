import { LadingError } from '../../errors/index.ts'
import { requireHarmless } from '../../http/index.ts'

/**
 * Where an upload goes on: the Location of an answer, relative or whole, its query kept.
 *
 * The same host under the other scheme is the registry itself behind a proxy that ends TLS: it is spoken to as before, so that
 * credentials neither leak nor are missing. Any other origin is followed as it is, and gets none.
 *
 * @param base the URL that answered
 * @throws LadingError `protocol-error` where it leads to no place, to a link-local address, or from HTTPS to plain HTTP elsewhere
 */
export function uploadLocation(location: string | undefined, base: string, allowPlainHttp: boolean): string {
  const from = new URL(base)
  const to = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined
  if (to === undefined || !['http:', 'https:'].includes(to.protocol)) {
    throw new LadingError('protocol-error', `${from.host} does not say where the upload goes on`)
  }
  requireHarmless(from, to)
  to.hash = ''
  to.username = ''
  to.password = ''
  const otherScheme = to.protocol !== from.protocol && to.hostname === from.hostname
  const samePort = to.port === from.port || (from.protocol === 'https:' && to.port === '')
  if (otherScheme && samePort) {
    to.protocol = from.protocol
    to.port = from.port
  }
  if (to.protocol === 'http:' && from.protocol === 'https:' && !allowPlainHttp) {
    throw new LadingError('protocol-error', `${from.host} sends the upload to ${to.host} in plain HTTP`, {
      hint: 'the registry must give HTTPS addresses; where that is meant, pass --tls-verify=false',
    })
  }
  return to.href
}

/** The URL with one more parameter. The query that is there is kept to the letter: it may be signed. */
export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
}
