import { LadingError } from '../../errors/index.ts'
import type { ImageIdentity } from './image-identity.ts'
import type { Policy, Requirement } from './policy.ts'

/** What the policy asks of an image under one of its names. */
export interface AppliedScope {
  readonly identity: ImageIdentity
  /** The transport and the scope that decide; neither where the policy's default does, and a scope of `''` where the transport's does. */
  readonly transport?: string
  readonly scope?: string
  readonly requirements: readonly Requirement[]
}

/**
 * What has to be met: the requirements of the narrowest scope, else of the transport, else of everything. Where an image has other names too,
 * also those of other scopes that speak of it by them.
 *
 * @param identities at least one; the first is how the image was named
 */
export function requirementsFor(policy: Policy, identities: readonly ImageIdentity[]): readonly AppliedScope[] {
  const [first, ...others] = identities.map(identity => narrowest(policy, identity))
  if (first === undefined) throw new LadingError('internal', 'an image without an identity')
  return [first, ...others.filter(({ scope = '' }) => scope !== '' && scope !== first.scope)]
}

function narrowest(policy: Policy, identity: ImageIdentity): AppliedScope {
  const { transport, scopes } = identity
  const own = policy.transports.get(transport)
  for (const scope of [...scopes, '']) {
    const requirements = own?.get(scope)
    if (requirements !== undefined) return { identity, transport, scope, requirements }
  }
  return { identity, requirements: policy.default }
}
