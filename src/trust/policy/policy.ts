/** containers-policy.json(5): what an image has to meet, by where it comes from. */
export interface Policy {
  /** Where nothing narrower is said. */
  readonly default: readonly Requirement[]
  /** By transport (`docker`), and in it by scope; the scope `''` is the whole transport. */
  readonly transports: ReadonlyMap<string, ReadonlyMap<string, readonly Requirement[]>>
}

/** All requirements of a scope have to be met. */
export type Requirement =
  | { readonly type: 'insecureAcceptAnything' }
  | { readonly type: 'reject' }
  | SignedBy
  | { readonly type: 'signedBaseLayer'; readonly identity: IdentityRule }
  | SigstoreSigned

export interface SignedBy {
  readonly type: 'signedBy'
  readonly keyType: 'GPGKeys' | 'signedByGPGKeys' | 'X509Certificates' | 'signedByX509CAs'
  /** Keyrings; a signature by any of their keys counts. */
  readonly keys: readonly Content[]
  readonly identity: IdentityRule
}

export interface SigstoreSigned {
  readonly type: 'sigstoreSigned'
  /** One of the three. */
  readonly keys?: readonly Content[]
  readonly fulcio?: { readonly ca: Content; readonly oidcIssuer: string; readonly subjectEmail: string }
  readonly pki?: {
    readonly roots: Content
    readonly intermediates?: Content
    readonly subjectEmail?: string
    readonly subjectHostname?: string
  }
  /** Given: the signature has to be in the log of one of them. */
  readonly rekorKeys?: readonly Content[]
  readonly identity: IdentityRule
}

/** A key or certificate: in a file, or in the policy itself. */
export type Content = { readonly path: string } | { readonly bytes: Uint8Array }

/** Which image a signature has to be for. */
export type IdentityRule =
  | { readonly type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' }
  | { readonly type: 'exactReference'; readonly dockerReference: string }
  | { readonly type: 'exactRepository'; readonly dockerRepository: string }
  | { readonly type: 'remapIdentity'; readonly prefix: string; readonly signedPrefix: string }
