import type { Credential } from './credential.ts'
import type { CredentialFinder } from './credential-finder.ts'

/** Who to be at a registry, said outright: a user, a bearer token that the registry takes as it is, or nobody. */
export type GivenCredential =
  | { readonly username: string; readonly password: string }
  | { readonly registryToken: string }
  | 'anonymous'

/** A finder that says what it was given, for every repository: no file is read and no helper is asked. */
export function givenCredentialFinder(given: GivenCredential): CredentialFinder {
  const credential = credentialOf(given)
  return { problems: [], find: async () => credential }
}

function credentialOf(given: GivenCredential): Credential | undefined {
  if (given === 'anonymous') return undefined
  if ('registryToken' in given) return { kind: 'registry-token', token: given.registryToken }
  return { kind: 'password', username: given.username, password: given.password }
}
