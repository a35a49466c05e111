/** How a server is reached that its URL alone does not reach, and those that it redirects to. */
export interface ServerRoute {
  /** A socket or named pipe of this machine, in the place of the URL's host. No proxy stands before it. */
  readonly socketPath?: string
  /** PEM. The authority that its certificate is checked by, in the place of the system's. */
  readonly ca?: string
  /** PEM. Authorities beside the system's. */
  readonly moreCa?: readonly string[]
  /** PEM. What this client shows for itself, and the key to it; in the same order where there are several. */
  readonly cert?: string | readonly string[]
  readonly key?: string | readonly string[]
}
