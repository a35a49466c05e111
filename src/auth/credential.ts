/** What proves who is asking. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, that a token server changes for tokens. */
  | { readonly kind: 'identity-token'; readonly username: string; readonly token: string }
  /** A token that the registry itself takes. */
  | { readonly kind: 'registry-token'; readonly token: string }

/** The user name that stands where a secret is an identity token: Docker's credential helper protocol. */
export const identityTokenUser = '<token>'

/** RFC 7617 */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
