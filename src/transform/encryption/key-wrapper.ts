/** Wraps the key of a layer for recipients of one kind. */
export interface KeyWrapper {
  /** As the annotation names it. */
  readonly scheme: string
  /** @throws LadingError */
  wrap(secret: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>
}

/** Opens the wrapped key of a layer with what a private key of one kind can open. */
export interface KeyOpener {
  readonly scheme: string
  /** As messages name it; no secret. */
  readonly name: string
  /** @returns `undefined` where it is for somebody else, or is no wrapped key at all: the next one is tried */
  open(wrapped: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>
}
