import { LadingError } from '../errors/index.ts'
import type { Reference, Transport } from './transport.ts'

/** A reference of the containers tools whose transport does not exist yet. Its grammar is that transport's business: it is kept as it is. */
export interface PlannedReference extends Reference {
  readonly transport: 'planned'
  /** `docker-archive`, as containers-transports(5) names it. */
  readonly scheme: string
  readonly locator: string
}

const schemes = ['ostree', 'tarball'] as const

/** The forms that users of the containers tools know. They are read so that the answer can name what is missing. */
export const plannedTransport: Transport<PlannedReference> = {
  name: 'planned',
  prefixes: schemes.map(scheme => `${scheme}:`),
  parse(text) {
    const colon = text.indexOf(':')
    const scheme = text.slice(0, colon)
    const locator = text.slice(colon + 1)
    if (locator === '') {
      throw new LadingError('bad-reference', `${JSON.stringify(text)} names nothing after "${scheme}:"`, {
        hint: `write ${scheme}: and what containers-transports(5) says stands there`,
      })
    }
    return { transport: 'planned', scheme, locator }
  },
  format: reference => `${reference.scheme}:${reference.locator}`,
}
