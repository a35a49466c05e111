/** What an entry in a log is of. */
export interface LoggedSignature {
  readonly signature: Uint8Array
  readonly content: Uint8Array
  /** PEM: the public key, or the certificate. */
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
}

/** A transparency log: Rekor. */
export interface RekorLog {
  enterHash(entry: LoggedSignature, signal?: AbortSignal): Promise<RekorEntry>
}
