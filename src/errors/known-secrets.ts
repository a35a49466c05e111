/** Shorter ones are words that a message may need: hiding them would show what they are. */
const minLength = 8
/** A run has a handful; a program that copies for months has forgotten those of the beginning. */
const maxKept = 1000

/** Not all that is never shown: the rest are words, as `x-id=GetObject`. */
const secretParameter = /sig|token|secret|password|passwd|credential|state|key$/i

/** What this process has said to servers, or was told by them, that is for nobody else. The one that was used last is last. */
const kept = new Set<string>()

/** From now on `hideSecrets` hides it. */
export function keepSecret(secret: string): void {
  if (secret.length < minLength) return
  kept.delete(secret)
  kept.add(secret)
  const [oldest] = kept
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
}

/** What a request says that is for its server alone, which may repeat it in its answer. */
export function keepSecretsOf(url: string, headers: Readonly<Record<string, string>> = {}): void {
  for (const name of ['authorization', 'proxy-authorization']) keepAuthorization(headers[name])
  const session = headers['x-amz-security-token']
  if (session !== undefined) keepSecret(session)
  if (!url.includes('?') && !url.includes('@')) return
  const address = new URL(url)
  keepPasswordOf(address)
  for (const [name, value] of address.searchParams) if (secretParameter.test(name)) keepSecret(value)
}

/** The password of a URL, as it stands there and decoded. */
export function keepPasswordOf({ password }: URL): void {
  keepSecret(password)
  // As a form is decoded: who wrote it may have written what is no encoding at all.
  keepSecret(new URLSearchParams(`p=${password.replaceAll('+', '%2B')}`).get('p') ?? '')
}

/** Those of signatures are of one request each, and no secrets. */
function keepAuthorization(header: string | undefined): void {
  const [, scheme = '', value = ''] = /^(\S+) (\S+)$/.exec(header ?? '') ?? []
  if (!/^(Basic|Bearer)$/i.test(scheme)) return
  keepSecret(value)
  if (/^Basic$/i.test(scheme))
    keepSecret(
      Buffer.from(value, 'base64')
        .toString('utf8')
        .replace(/^[^:]*:/, ''),
    )
}

/** Text without the secrets that were kept, as they are, percent-encoded, in base64 or as JSON writes them. */
export function hideSecrets(text: string): string {
  let shown = text
  // the longest first: one may begin as another does
  for (const secret of [...kept].sort((a, b) => b.length - a.length)) {
    for (const form of formsOf(secret)) if (shown.includes(form)) shown = shown.replaceAll(form, '***')
  }
  return shown
}

function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret)
  return new Set([
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ])
}
