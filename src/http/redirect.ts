import { LadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'
import type { HttpRequest } from './http-client.ts'
import { requireHarmless } from './reach.ts'
import { redactUrl } from './redact.ts'

export const maxRedirects = limits.redirects

/** All that another origin is told. A list of what must not go on would miss the next secret header. */
const travellingHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'if-none-match',
  'if-range',
  'range',
  'user-agent',
])

/**
 * The request that a redirect asks for, or `undefined` where the answer is none that is followed. Only GET and HEAD are: an upload
 * goes where its registry's Location says, and that is the caller's to decide.
 *
 * @throws LadingError `protocol-error` where the redirect leads to no place, from HTTPS to plain HTTP, or to a link-local address
 */
export function redirected(
  request: HttpRequest,
  answer: { readonly status: number; readonly headers: ReadonlyMap<string, string> },
): HttpRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const from = new URL(request.url)
  const location = answer.headers.get('location')
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (to === undefined || !['http:', 'https:'].includes(to.protocol)) {
    throw new LadingError('protocol-error', `${from.host} redirects to no place: ${redactUrl(request.url)}`)
  }
  if (
    from.protocol === 'https:' &&
    to.protocol === 'http:' &&
    !(request.tlsVerify === false && from.hostname === to.hostname)
  ) {
    throw new LadingError('protocol-error', `${from.host} redirects from HTTPS to plain HTTP at ${to.host}`, {
      hint: 'plain HTTP lets others read and change what is sent; have the registry give HTTPS addresses',
    })
  }
  requireHarmless(from, to)
  to.username = ''
  to.password = ''
  to.hash = ''
  const sameOrigin = from.origin === to.origin
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => sameOrigin || travellingHeaders.has(name.toLowerCase()),
  )
  return { ...request, url: to.href, headers: Object.fromEntries(headers) }
}
