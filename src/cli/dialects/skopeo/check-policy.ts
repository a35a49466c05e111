import { LadingError } from '../../../errors/index.ts'
import type { Policy, PolicyIdentity } from '../../../trust/index.ts'
import type { CommandContext } from '../../context.ts'
import type { SkopeoGlobals } from './globals.ts'

/** Whether the policy lets an image be used. @throws LadingError */
export type CheckPolicy = (reference: string) => Promise<void>

/**
 * Reads the policy for the images of a whole repository, directory or list, which are known by their transport alone. What the policy
 * says of some of them cannot be followed there.
 *
 * @throws LadingError `bad-config`; what it returns throws `untrusted`, `unsupported`
 */
export async function openPolicyOfAll(
  { insecurePolicy, policy: file }: SkopeoGlobals,
  { env }: CommandContext,
): Promise<(transport: 'docker' | 'dir') => void> {
  if (insecurePolicy) return () => undefined
  const { requireTrust } = await import('../../../trust/index.ts')
  const policy = await loadPolicy(file, env)
  return transport => {
    requireNoScopes(policy, transport, 'copy the images one by one, or name another policy with --policy')
    requireTrust(policy, { transport, scopes: [], name: `${transport}:` })
  }
}

/**
 * Reads the trust policy: without one nothing is copied.
 *
 * @throws LadingError `bad-config`
 */
export async function openPolicy(
  { insecurePolicy, policy: file }: SkopeoGlobals,
  { env }: CommandContext,
): Promise<CheckPolicy> {
  if (insecurePolicy) return async () => undefined
  const { requireTrust } = await import('../../../trust/index.ts')
  const policy = await loadPolicy(file, env)
  return async reference => {
    const identity = await identityOf(reference)
    if (identity.scopes.length === 0) requireNoScopes(policy, identity.transport, 'name another policy with --policy')
    requireTrust(policy, identity)
  }
}

/** What is known by its transport alone may be what a scope speaks of. @throws LadingError `unsupported` */
function requireNoScopes(policy: Policy, transport: string, hint: string): void {
  const scopes = Object.keys(policy.transports[transport] ?? {}).filter(scope => scope !== '')
  if (scopes.length === 0) return
  const what = `the policy speaks of ${scopes.join(', ')} in ${transport}:, and that cannot be followed yet`
  throw new LadingError('unsupported', what, { hint })
}

async function loadPolicy(file: string | undefined, env: CommandContext['env']): Promise<Policy> {
  const { readPolicy } = await import('../../../trust/index.ts')
  try {
    return await readPolicy(file, env)
  } catch (error) {
    if (!(error instanceof LadingError)) throw error
    const { code, message, hint, subject } = error
    const where = subject === undefined ? '' : `${subject}: `
    throw new LadingError(code, `Error loading trust policy: ${where}${message}`, { hint, cause: error })
  }
}

async function identityOf(reference: string): Promise<PolicyIdentity> {
  const { pathIdentity, registryIdentity } = await import('../../../trust/index.ts')
  const colon = reference.indexOf(':')
  const [transport, rest] = [reference.slice(0, colon), reference.slice(colon + 1)]
  if (transport === 'docker') {
    const { parseReference, formatReference } = await import('../../../transports/index.ts')
    const [, registry = '', repository = '', tagged = ''] =
      /^(?:docker:\/\/)?([^/]+)\/([^:@]+)(.*)$/.exec(formatReference(parseReference(reference))) ?? []
    return registryIdentity(registry, repository, tagged)
  }
  if (transport === 'dir') return pathIdentity(transport, rest, '')
  if (transport === 'oci' || transport === 'oci-archive') {
    const end = rest.indexOf(':')
    return end === -1
      ? pathIdentity(transport, rest, '')
      : pathIdentity(transport, rest.slice(0, end), rest.slice(end + 1))
  }
  return { transport, scopes: [], name: reference }
}
