import type { ImageSource, Reference } from '../../transports/index.ts'
import { type PolicyChoice, readPolicy } from '../../trust/policy/read-policy.ts'
import type { PolicyGuard } from './policy-guard.ts'
import type { SignatureSearch } from './signatures-of.ts'

/**
 * The policy for what is read from an open source; `undefined` where none says anything of any image.
 *
 * @throws LadingError `bad-config`
 */
export async function openPolicyGuard(
  choice: PolicyChoice = {},
  reference: Reference,
  source: ImageSource,
  environment: Readonly<Record<string, string | undefined>>,
  search: SignatureSearch = {},
): Promise<PolicyGuard | undefined> {
  const found = await readPolicy(choice, environment)
  if (found === undefined) return undefined
  // most machines have no policy, and need none of this
  const [{ defaultVerifiers }, { createPolicyGuard }] = await Promise.all([
    import('../../trust/index.ts'),
    import('./policy-guard.ts'),
  ])
  return await createPolicyGuard(found, reference, source, defaultVerifiers, search)
}
