/** A clock that signs what it is shown: RFC 3161. */
export interface TimestampAuthority {
  /** @returns the answer, DER. Not verified: whoever verifies the signature does that. */
  stamp(signature: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
}
