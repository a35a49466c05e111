import type { AuthFileSearch } from './auth-file-paths.ts'
import { createCredentialFinder } from './credential-finder.ts'
import { parseLoginTarget } from './login.ts'

export interface LoginUserOptions extends AuthFileSearch {
  /** What was given to `login`. */
  readonly registry: string
  readonly signal?: AbortSignal | undefined
}

/** The user that credentials are kept of for a registry, by `login` or another tool; `undefined` where there are none. */
export async function loginUser({ registry, ...search }: LoginUserOptions): Promise<string | undefined> {
  const { host, key } = parseLoginTarget(registry)
  const namespace = key.slice(host.length + 1)
  const found = await createCredentialFinder(search).find(host, namespace === '' ? undefined : namespace)
  return found === undefined || found.kind === 'registry-token' ? undefined : found.username
}
