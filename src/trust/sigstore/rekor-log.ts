/** What an entry in a log is of. */
export interface LoggedSignature {
  readonly signature: Uint8Array
  readonly content: Uint8Array
  /** PEM: the public key, or the certificate. */
  readonly verifier: string
}

export interface LoggedEnvelope {
  /** JSON: an envelope of DSSE. */
  readonly envelope: string
  /** PEM. */
  readonly verifier: string
}

/** What a transparency log says of an entry. Not verified: whoever verifies the signature does that. */
export interface RekorEntry {
  readonly body: Uint8Array
  /** Seconds since 1970. */
  readonly integratedTime: number
  readonly logIndex: number
  /** Hexadecimal: the digest of the log's public key. */
  readonly logId: string
  readonly signedEntryTimestamp: Uint8Array
  /** What the body says of itself. */
  readonly kind: { readonly kind: string; readonly version: string }
  readonly inclusionProof?: InclusionProof | undefined
}

/** That an entry stands in the tree of a log. Digests are hexadecimal. */
export interface InclusionProof {
  readonly logIndex: number
  readonly treeSize: number
  readonly rootHash: string
  readonly hashes: readonly string[]
  readonly checkpoint: string
}

/** A transparency log: Rekor. */
export interface RekorLog {
  /** Of a signature that is kept beside its content. */
  enterHash(entry: LoggedSignature, signal?: AbortSignal): Promise<RekorEntry>
  /** Of one in an envelope. */
  enterEnvelope(entry: LoggedEnvelope, signal?: AbortSignal): Promise<RekorEntry>
}
