import path from 'node:path'
import { LadingError } from '../errors/index.ts'
import type { Policy, PolicyRequirement } from './policy.ts'

/** An image, as a policy names it. */
export interface PolicyIdentity {
  /** As containers-transports(5) has it: `docker`, `oci`, `dir`. */
  readonly transport: string
  /** Its scopes, from the narrowest on; that of the whole transport is not among them. */
  readonly scopes: readonly string[]
  /** For messages. */
  readonly name: string
}

/** The identity of an image in a registry. `registry` is the host, with its port. */
export function registryIdentity(registry: string, repository: string, tagged: string): PolicyIdentity {
  const whole = `${registry}/${repository}`
  const parts = repository.split('/')
  const parents = parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join('/'))
  const domains = registry.split('.').flatMap((_, at, all) => (at === 0 ? [] : [`*.${all.slice(at).join('.')}`]))
  return {
    transport: 'docker',
    scopes: [`${whole}${tagged}`, ...parents, registry, ...(registry.includes(':') ? [] : domains)],
    name: `docker://${whole}${tagged}`,
  }
}

/** The identity of an image in a file or directory: its path, which is made absolute, and the directories that hold it. */
export function pathIdentity(transport: string, file: string, image: string): PolicyIdentity {
  const absolute = path.resolve(file)
  const parents: string[] = []
  for (let at = absolute; at !== path.dirname(at); at = path.dirname(at)) parents.push(at)
  return {
    transport,
    scopes: [...(image === '' ? [] : [`${absolute}:${image}`]), ...parents],
    name: `${transport}:${file}${image === '' ? '' : `:${image}`}`,
  }
}

/** What the policy asks of the image: the requirements of its narrowest scope, else of its transport, else of everything. */
export function requirementsFor(policy: Policy, { transport, scopes }: PolicyIdentity): readonly PolicyRequirement[] {
  const own = Object.hasOwn(policy.transports, transport) ? (policy.transports[transport] ?? {}) : {}
  const scope = [...scopes, ''].find(one => Object.hasOwn(own, one))
  return (scope === undefined ? undefined : own[scope]) ?? policy.default
}

/**
 * Whether the image may be used, as far as that can be said without its signatures.
 *
 * @throws LadingError `untrusted` where the policy rejects it; `unsupported` where it asks for a signature
 */
export function requireTrust(policy: Policy, identity: PolicyIdentity): void {
  const asked = requirementsFor(policy, identity)
  const details = { operation: 'check policy', subject: identity.name, side: 'source' } as const
  if (asked.includes('reject')) throw new LadingError('untrusted', 'the policy rejects it', details)
  const signature = asked.find(one => one !== 'insecureAcceptAnything')
  if (signature === undefined) return
  throw new LadingError('unsupported', `the policy asks for a signature (${signature}), which is not checked yet`, {
    ...details,
    hint: 'accept it in a policy of its own with --policy, or give --insecure-policy',
  })
}
