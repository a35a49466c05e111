import type { NodeKind } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { LayerForm } from '../model/layer-form.ts'
import type { ManifestFormat } from '../model/media-types.ts'
import type { Platform } from '../model/platform.ts'
import type { SubsetIndex } from '../transform/index.ts'
import type { Expectation } from '../transports/index.ts'
import type { CarriedAttachments } from './attachments/attachment-counts.ts'
import type { CopyListener } from './events.ts'
import type { SessionOptions } from './session.ts'
import type { CarriedSignatures, SignatureOptions } from './signatures/signature-options.ts'

export interface CopyOptions extends SessionOptions, SignatureOptions {
  /**
   * Copy only these. One gives a single-platform image, several a rewritten index. Default: everything, digests unchanged, or this
   * machine's platform where the destination holds one image only.
   */
  readonly platforms?: readonly Platform[] | undefined
  /** Every platform is wanted: an error where the destination holds one image only. */
  readonly allPlatforms?: boolean | undefined
  /**
   * What becomes of an index of which some platforms only are copied. `rewritten`, the default: it names those alone, and has another digest.
   * `sparse`: it keeps its bytes, and names what is not copied too; a bucket takes it where it has that already. `alone`: the same, and no
   * platform is copied.
   */
  readonly index?: SubsetIndex | 'alone' | undefined
  /**
   * What layers become that their source keeps uncompressed (a Docker daemon, a docker-archive), and those that `recompress` speaks of.
   * Default: what the destination would rather have, which is gzip for registries and buckets.
   */
  readonly compression?: LayerForm | undefined
  /** gzip: 1 to 9, default 4. zstd: 1 to 20, default 3. */
  readonly compressionLevel?: number | undefined
  /** What else gets the form that `compression` names: layers that are stored `uncompressed`, or `all` that have another form. */
  readonly recompress?: 'uncompressed' | 'all' | undefined
  /** Send no layer that is compressed on the way before its digest is known, through a temporary file: it may be there already. */
  readonly precomputeDigests?: boolean | undefined
  /**
   * What the image's manifests shall be. Default: as they are, and what the destination takes where it refuses that. Docker's schema 1
   * (`v2s1`) is kept nowhere as it is: it becomes schema 2, unless it is asked for.
   */
  readonly format?: ManifestFormat | undefined
  /**
   * Encrypt layers, each with a key of its own, for the owners of these: `jwe:PATH` and `pkcs7:PATH` of a public key and a certificate,
   * `pgp:ADDRESS` of a key that GnuPG knows, `provider:NAME`. The manifests become OCI manifests. A layer that is encrypted already keeps
   * its bytes; its key is opened with `decryptionKeys`, and wrapped for these too.
   */
  readonly encryptionKeys?: readonly string[] | undefined
  /** Encrypt these layers of each image alone, by their place; from the end where it is negative. Default: all. */
  readonly encryptLayers?: readonly number[] | undefined
  /**
   * Decrypt every encrypted layer with one of these, or open its key for others where `encryptionKeys` are given: `PATH` of a private key,
   * `PATH:PASSPHRASE`, also as `PATH:file=…`, or `provider:NAME`. They are tried in turn; a layer that none opens is an error.
   */
  readonly decryptionKeys?: readonly string[] | undefined
  /** Fail where the destination would get another manifest, before anything is moved. */
  readonly preserveDigests?: boolean | undefined
  /**
   * Copy what is attached to the image and to its platforms too: signatures, attestations, SBOMs and other referrers. Default: true, where
   * both places have such.
   */
  readonly referrers?: boolean | undefined
  /** Names beside the destination's own, where it takes several. */
  readonly additionalTags?: readonly string[] | undefined
  /** Fail where it is no file system of a container (an artifact), or has encrypted layers, before anything is moved. */
  readonly fileSystemsOnly?: boolean | undefined
  /** Move a tag that the bucket's configuration calls immutable. */
  readonly force?: boolean | undefined
  /** Write the destination's name only where it resolves to nothing (`absent`), or to this digest. */
  readonly expect?: Expectation | undefined
  /** Plan only: write nothing. */
  readonly dryRun?: boolean | undefined
  /**
   * How often the whole copy is begun anew after a failure that may pass, beside what requests and blobs are tried again by
   * themselves. What was moved is found there. Default 0. A copy from standard input or to standard output is not begun anew.
   */
  readonly retryTimes?: number | undefined
  /** The wait before each of them. Default, and for 0: 1, 2, 4, 8 … seconds. */
  readonly retryDelaySeconds?: number | undefined
  /** Blobs over 1 MiB in flight. Default 10. Smaller ones and questions go wider. */
  readonly jobs?: number | undefined
  readonly onEvent?: CopyListener | undefined
}

export interface CopyResult {
  readonly source: string
  readonly destination: string
  /** What the destination's name resolves to now; with `dryRun`, and layers that would change, what it would be if they did not. */
  readonly digest: Digest
  readonly mediaType: string
  /** What the source's name resolved to; for a source without manifests, one that was made of its image. Differs from `digest` only where `rewritten` says why. */
  readonly sourceDigest: Digest
  readonly rewritten?: string
  /** Whether the destination's name was written. */
  readonly changed: boolean
  /** What the destination's name resolved to before, where it resolved. */
  readonly previous?: Digest
  readonly platforms: readonly string[]
  readonly leftOut: readonly string[]
  readonly attestationsLeftOut: number
  readonly blobs: { readonly copied: number; readonly mounted: number; readonly present: number }
  /** `mounted` bytes did not pass through here: that they are there was checked, what they are was not read. */
  readonly bytes: { readonly copied: number; readonly mounted: number; readonly present: number }
  /** Absent where there are none. */
  readonly signatures?: CarriedSignatures
  /** What is attached to it. Absent where nothing was looked for: it was not wanted, or one of the two places has nothing of the kind. */
  readonly attachments?: CarriedAttachments
  readonly seconds: number
  /** With `dryRun`: every node and what would be done with it. */
  readonly plan?: readonly PlanEntry[]
}

export interface PlanEntry {
  readonly digest: Digest
  readonly kind: NodeKind
  readonly size: number
  /** `convert`: copied, and compressed, unpacked, encrypted or decrypted on the way. `left-out`: a foreign layer, which the destination does without. */
  readonly action: 'copy' | 'convert' | 'present' | 'left-out'
}
