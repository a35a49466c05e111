export { type BucketConfig, parseBucketConfig, readBucketConfig, readImmutable } from './bucket-config.ts'
export { changeBucketConfig } from './change-bucket-config.ts'
export {
  type CondemnedBlobs,
  type CondemnedRange,
  condemnBlobs,
  listCondemned,
  maxCondemned,
  readCondemned,
  rewriteCondemned,
} from './condemned-blobs.ts'
export { copyObject } from './copy-object.ts'
export { checkTagDeletion, deleteTag, type TagDeleted, type TagDeletion } from './delete-tag.ts'
export { compileGlob, isGlob } from './glob.ts'
export { examineHistory, type HistoryEntry, mergeHistory, readHistory } from './history.ts'
export type { ImageSettings, SettingSource } from './image-settings.ts'
export { blobKey, configKey, imagePrefix, parseTagKey, signaturesPrefix, tagKeys, tagsPrefix } from './keys.ts'
export { addVariant, type LayerVariant, readVariants, variantSchema } from './layer-variants.ts'
export { type Leases, readLeases } from './lease.ts'
export { type LeaseClock, systemClock } from './lease-clock.ts'
export { validateImageName, validateTag, validateUnsplitPath } from './names.ts'
export { parseConfigChange } from './parse-config-change.ts'
export { readDocument } from './read-document.ts'
export { attachedTo, parseReferrerKey, referrerKey, referrersOf, referrersPrefix } from './referrer-keys.ts'
export { keyOf, settingNames, type WrittenSettings } from './setting-keys.ts'
export {
  hasSignatures,
  parseSignatureKey,
  readSignatures,
  type StoredSignatures,
  writeSignatures,
} from './signatures.ts'
export { readRoot, readTag, type TagRecord, tagHolds } from './tag-record.ts'
export { readTagSignatures, type TagSignature } from './tag-signatures.ts'
export { type TrashName, trashFolder } from './trash-keys.ts'
export { listTrashedTags, newestTrashOf, removeTrashedTag, type TrashedTag, trashOf } from './trashed-tags.ts'
export { deletingEndsMs, type WriteGuard, writeGuard } from './write-guard.ts'
export { checkTagWrite, writeTag } from './write-tag.ts'
