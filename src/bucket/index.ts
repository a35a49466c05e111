export { type CheckBucketOptions, checkBucket } from './check-bucket.ts'
export { type CleanOptions, type CleanResult, cleanBucket } from './clean/clean-bucket.ts'
export type { CleanedBlobs } from './clean/clean-store.ts'
export type { ConfigReport, EffectiveSetting, EffectiveSettings, EntrySettings } from './config-report.ts'
export { type ChangeConfigResult, type ConfigOptions, changeConfig, readConfig } from './configure.ts'
export { type DeleteAllOptions, deleteAllTags } from './delete-all-tags.ts'
export type {
  CheckName,
  CheckState,
  DamagedBlob,
  DoctorCheck,
  DoctorReport,
  IncompleteTag,
} from './health/doctor-report.ts'
export type { ImageFlaw } from './health/image-flaw.ts'
export { type InitStoreOptions, type InitStoreResult, initStore } from './init-store.ts'
export { type DeletedTag, listDeletedTags } from './list-deleted-tags.ts'
export { type ListedImage, type ListImagesOptions, listImages } from './list-images.ts'
export type { BucketOptions } from './open-store-of.ts'
export type { PointedTag } from './point-tag.ts'
export type { MissingPiece, RepairedPiece, RepairResult } from './repair/repair-result.ts'
export { type RepairOptions, repairBucket } from './repair-bucket.ts'
export { type RestoreOptions, type RestoreResult, restoreTag } from './restore-tag.ts'
export { type RollbackOptions, type RollbackResult, rollbackTag } from './rollback-tag.ts'
export { bucketStats, type StatsOptions, type StatsResult } from './stats/bucket-stats.ts'
export type { LayerStats, SharedLayer } from './stats/shared-layers.ts'
export type { ImageStats } from './stats/store-stats.ts'
export { type TagHistory, type TagPush, tagHistory } from './tag-history.ts'
export { type TagOptions, type TagResult, tagImage } from './tag-image.ts'
