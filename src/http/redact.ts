import { hideSecrets } from '../errors/known-secrets.ts'

/** Query parameters that are not secret and help to understand an error. All others may be a signature or a token. */
const shownParameters: ReadonlySet<string> = new Set([
  'digest',
  'from',
  'last',
  'mount',
  'n',
  'scope',
  'service',
  'tag',
])

/** What must not reach a terminal. */
const controls = /\p{Cc}/gu

/** A URL as it may be shown: without user, password and fragment, and with no query parameter that could be secret. */
export function redactUrl(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    return url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//')
  }
  const shown = [...parsed.searchParams].filter(([name]) => shownParameters.has(name))
  const hidden = parsed.searchParams.size > shown.length ? ['…'] : []
  // What stands there encoded is decoded here.
  const query = [...shown.map(([name, value]) => `${name}=${value.replace(controls, '\ufffd')}`), ...hidden].join('&')
  return `${parsed.origin}${parsed.pathname}${query === '' ? '' : `?${query}`}`
}

/** Text of others as it may be shown in a message: one line, no control characters, the URLs in it redacted, and no secret of ours. */
export function redactText(text: string, maxLength = 300): string {
  const line = hideSecrets(text)
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/\bhttps?:\/\/[^\s"'<>]+/g, url => redactUrl(url))
    .trim()
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line
}
