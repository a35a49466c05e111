/**
 * Moves container images between registries, buckets and OCI layouts.
 *
 * Importing this has no side effects. What is heavy is loaded when it is used: the HTTP engine, the stores, the parser of YAML.
 */

export { type GivenCredential, type LoginOptions, type LogoutOptions, login, logout } from './auth/index.ts'
export {
  type BucketOptions,
  bucketStats,
  type ChangeConfigResult,
  type CheckBucketOptions,
  type CheckName,
  type CheckState,
  type CleanedBlobs,
  type CleanOptions,
  type CleanResult,
  type ConfigOptions,
  type ConfigReport,
  changeConfig,
  checkBucket,
  cleanBucket,
  type DamagedBlob,
  type DeleteAllOptions,
  type DeletedTag,
  type DoctorCheck,
  type DoctorReport,
  deleteAllTags,
  type EffectiveSetting,
  type EffectiveSettings,
  type EntrySettings,
  type ImageFlaw,
  type ImageStats,
  type IncompleteTag,
  type InitStoreOptions,
  type InitStoreResult,
  initStore,
  type LayerStats,
  type ListedImage,
  type ListImagesOptions,
  listDeletedTags,
  listImages,
  type MissingPiece,
  type PointedTag,
  type RepairedPiece,
  type RepairOptions,
  type RepairResult,
  type RestoreOptions,
  type RestoreResult,
  type RollbackOptions,
  type RollbackResult,
  readConfig,
  repairBucket,
  restoreTag,
  rollbackTag,
  type SharedLayer,
  type StatsOptions,
  type StatsResult,
  type TagHistory,
  type TagOptions,
  type TagPush,
  type TagResult,
  tagHistory,
  tagImage,
} from './bucket/index.ts'
export {
  type AttachedDescription,
  type AttachmentCounts,
  type CarriedAttachments,
  type CarriedSignatures,
  type CopyEvent,
  type CopyListener,
  type CopyOptions,
  type CopyResult,
  copyImage,
  type DeleteOptions,
  type DeleteResult,
  deleteImage,
  type ImageDescription,
  type InspectOptions,
  inspectImage,
  type LeftOutAttachments,
  listTags,
  type PlanEntry,
  type PlatformDescription,
  type PolicyDescription,
  pullImage,
  pushImage,
  type ServerOptions,
  type SessionOptions,
  type SyncedImage,
  type SyncOptions,
  syncImages,
} from './copy/index.ts'
export { type ErrorCode, errorCodes, isLadingError, LadingError, type Side } from './errors/index.ts'
export type { Descriptor, Node, NodeKind } from './model/descriptor.ts'
export { type Digest, isDigest, parseDigest } from './model/digest.ts'
export { manifestDigest } from './model/manifest-digest.ts'
export { formatPlatform, hostPlatform, type Platform, parsePlatform } from './model/platform.ts'
export type { PlatformMatching } from './model/platform-rank.ts'
export {
  type FindingCounts,
  imageSbom,
  type MadeFormat,
  parseSeverity,
  type ReportFormat,
  type SbomFormat,
  type SbomOptions,
  type SbomOrigin,
  type SbomResult,
  type Scanner,
  type ScanOptions,
  type ScanResult,
  type Severity,
  scanImage,
  type TrivyOffer,
  type TrivyOptions,
} from './scan/index.ts'
export { type CloudOptions, type ObjectStore, openStore } from './stores/index.ts'
export { formatReference, parseReference, type Reference } from './transports/index.ts'
export type { PolicyChoice } from './trust/index.ts'
export { type GeneratedKey, type GenerateKeyOptions, generateSigstoreKey } from './trust/sigstore/index.ts'
export type { ImageSignature } from './trust/image-signature.ts'
export type { ImageSigner } from './trust/image-signer.ts'
