export { type CheckBucketOptions, checkBucket } from './check-bucket.ts'
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
export { type ListedImage, type ListImagesOptions, listImages } from './list-images.ts'
export type { MissingPiece, RepairedPiece, RepairResult } from './repair/repair-result.ts'
export { type RepairOptions, repairBucket } from './repair-bucket.ts'
