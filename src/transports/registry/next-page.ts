import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'

/**
 * Where a list goes on, by RFC 8288: `</v2/…>; rel="next"`, relative or whole.
 *
 * @throws LadingError `protocol-error` where that is another origin, which is not the registry and gets no credentials; `too-large`
 */
export function nextPage(link: string | undefined, base: string): string | undefined {
  if ((link ?? '').length > limits.linkCharacters) {
    throw new LadingError('too-large', `the header Link is longer than ${limits.linkCharacters} characters`)
  }
  const found = [...(link ?? '').matchAll(/<([^<>]*)>([^,<]*)/g)].find(([, , parameters = '']) =>
    /\brel="?next"?/i.test(parameters),
  )
  const target = found?.[1]
  if (target === undefined || !URL.canParse(target, base)) return undefined
  const url = new URL(target, base)
  if (url.host !== new URL(base).host) {
    throw new LadingError('protocol-error', `${new URL(base).host} sends us to ${url.host} for the rest of a list`)
  }
  return url.pathname + url.search
}
