/** What gives the header of a token, and keeps it as long as it is good. Clients of Google's library are such. */
export interface TokenSource {
  getRequestHeaders(): Promise<Headers>
}

export interface Token {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** How long before its end a token is not used any more. The metadata server has a new one five minutes before. */
const marginMs = 4 * 60 * 1000

/** Keeps a token until shortly before it ends. Who asks meanwhile waits for the same new one. */
export function cachedToken(fetch: () => Promise<Token>): TokenSource {
  let current: Token | undefined
  let pending: Promise<Token> | undefined
  return {
    async getRequestHeaders() {
      if (current === undefined || current.expiresAt - marginMs < Date.now()) {
        pending ??= fetch().finally(() => {
          pending = undefined
        })
        current = await pending
      }
      return new Headers({ authorization: `Bearer ${current.token}` })
    },
  }
}
