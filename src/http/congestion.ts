type Listener = (host: string) => void

/**
 * What those who ask the same hosts, each with limits of its own, tell one another: that a host has said that there are too many requests.
 */
export class Congestion {
  readonly #listeners = new Set<Listener>()

  /** @returns what stops it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells all others than the one who knows. */
  tell(host: string, teller: Listener): void {
    for (const listener of this.#listeners) if (listener !== teller) listener(host)
  }
}
