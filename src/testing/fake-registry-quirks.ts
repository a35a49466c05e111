/** What real registries do that the specification does not say, or says otherwise. Every one is off until it is switched on. */
export interface RegistryQuirks {
  /** Manifests are answered without Docker-Content-Digest. */
  noContentDigest: boolean
  /** HEAD is answered with this status. */
  headStatus: 400 | 405 | undefined
  /** HEAD is answered without Content-Length. */
  headWithoutLength: boolean
  /** Ranges are answered with 200 and the whole blob. */
  ignoresRange: boolean
  /** Blobs are compressed on the way for whoever does not ask for `identity`. */
  compressesBlobs: boolean
  /** Blobs are answered with 307 to a signed URL on another origin, which refuses requests that carry Authorization. */
  redirectsBlobs: boolean
  /** How an upload is named. */
  uploadLocation: 'relative' | 'absolute' | 'other-origin'
  /** An upload that has nothing yet says `Range: 0-0`, as if it had one byte. */
  emptyRange: boolean
  /** POST with `digest` opens an upload, and the body is not taken (distribution 2.8). */
  ignoresPostDigest: boolean
  /** What came of a chunk whose connection breaks is kept, and told to who asks: so an upload is gone on with (zot; distribution gives it up). */
  keepsBrokenChunks: boolean
  /** A request that brings a blob and is larger is answered 413. */
  maxBodyBytes: number | undefined
  /** Mounts are answered with 202 and an upload. */
  refusesMounts: boolean
  /** So many of the next requests are answered 429. */
  tooManyRequests: { times: number; retryAfter: string } | undefined
  /** Manifests are answered 429 as Docker Hub does when its pull limit is used up. HEAD is not counted. */
  pullLimitReached: boolean
  /** A manifest PUT is answered with the digest of something else. */
  putAnswersOtherDigest: boolean
  /** A manifest may name content that is not there. */
  acceptsMissingContent: boolean
  /** Manifests of these types are refused, as by registries that know one of the two families. */
  refusedManifestTypes: readonly string[]
  /** Tags come in pages of this many, whatever is asked for. */
  tagsPageSize: number | undefined
  /** Next pages are named by absolute URLs. */
  absoluteLinks: boolean
  /** 404 for the referrers API, and no OCI-Subject (distribution 2.8, Docker Hub). */
  noReferrers: boolean
  /** 405 for DELETE of a manifest: distribution, as it is configured by default. */
  deletesNothing: boolean
  /** Which of the two fields an answer with a token has. */
  tokenFields: readonly ('token' | 'access_token')[]
  /** What an answer with a token says of its life, in seconds; `undefined` leaves it out. */
  tokenExpiresIn: number | undefined
}

export const noQuirks: RegistryQuirks = {
  noContentDigest: false,
  headStatus: undefined,
  headWithoutLength: false,
  ignoresRange: false,
  compressesBlobs: false,
  redirectsBlobs: false,
  uploadLocation: 'relative',
  emptyRange: false,
  ignoresPostDigest: false,
  keepsBrokenChunks: false,
  maxBodyBytes: undefined,
  refusesMounts: false,
  tooManyRequests: undefined,
  pullLimitReached: false,
  putAnswersOtherDigest: false,
  acceptsMissingContent: false,
  refusedManifestTypes: [],
  tagsPageSize: undefined,
  absoluteLinks: false,
  noReferrers: false,
  deletesNothing: false,
  tokenFields: ['token'],
  tokenExpiresIn: 300,
}
