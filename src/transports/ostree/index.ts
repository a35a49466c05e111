import { LadingError } from '../../errors/index.ts'
import type { Reference, Transport } from '../transport.ts'

/** An image in an OSTree repository: containers-transports(5), `ostree:`. It is read so that the answer can say why not. */
export interface OstreeReference extends Reference {
  readonly transport: 'ostree'
  readonly locator: string
}

const prefix = 'ostree:'

/** Its commits are files with their owners and attributes, as libostree alone writes and reads them. */
export const ostreeTransport: Transport<OstreeReference> = {
  name: 'ostree',
  prefixes: [prefix],
  parse(text) {
    const locator = text.slice(prefix.length)
    if (locator === '') {
      throw new LadingError('bad-reference', `${JSON.stringify(text)} names nothing after "${prefix}"`, {
        hint: 'write ostree: and what containers-transports(5) says stands there',
      })
    }
    return { transport: 'ostree', locator }
  },
  format: reference => `${prefix}${reference.locator}`,
  openSource: async reference => refuse(reference),
  openDestination: async reference => refuse(reference),
}

function refuse({ locator }: OstreeReference): never {
  throw new LadingError('unsupported', 'an OSTree repository is read and written by libostree alone', {
    subject: `${prefix}${locator}`,
    hint: 'copy the image to a registry or to oci:, from where `ostree container image pull` imports it',
  })
}
