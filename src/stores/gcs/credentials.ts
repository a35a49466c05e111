/** Who asks Google, and the headers that prove it. */
export interface GcsCredentials {
  /** An account's name, which is no secret. `undefined`: nobody's, which reads public buckets and asks emulators. */
  readonly principal: string | undefined
  headers(signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>>
  /** Forgets the token of these headers, which were refused. Answers whether there can be another. */
  renew(refused: Readonly<Record<string, string>>): boolean
}

/** Nobody's credentials. A project to bill may be named all the same: emulators check that it is. */
export function anonymous(quotaProject?: string): GcsCredentials {
  const headers = quotaProject === undefined ? {} : { 'x-goog-user-project': quotaProject }
  return { principal: undefined, headers: async () => headers, renew: () => false }
}
