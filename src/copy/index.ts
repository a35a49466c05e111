export type { AttachmentCounts, CarriedAttachments, LeftOutAttachments } from './attachments/attachment-counts.ts'
export type { AttachedDescription } from './attachments/describe-attachments.ts'
export { copyImage } from './copy-image.ts'
export type { CopyOptions, CopyResult, PlanEntry } from './copy-options.ts'
export { pullImage, pushImage } from './daemon-images.ts'
export { type DeleteOptions, type DeleteResult, deleteImage } from './delete-image.ts'
export type { CopyEvent, CopyListener } from './events.ts'
export { type ImageDescription, type InspectOptions, inspectImage, type PlatformDescription } from './inspect-image.ts'
export { listTags } from './list-tags.ts'
export type { PolicyDescription } from './policy/describe-policy.ts'
export type { ServerOptions } from './server-options.ts'
export type { SessionOptions } from './session.ts'
export { signImage } from './sign/sign-image.ts'
export type { KeylessOptions, MadeSignature, SignatureForm, SignOptions, SignResult } from './sign/sign-options.ts'
export { verifyImage } from './sign/verify-image.ts'
export type {
  ExpectedIdentity,
  ImageSignatureReport,
  VerifiedForm,
  VerifyOptions,
  VerifyResult,
} from './sign/verify-options.ts'
export type { CarriedSignatures } from './signatures/signature-options.ts'
export { syncImages } from './sync/sync-images.ts'
export { type SyncedImage, type SyncOptions, syncDestinations, syncSources } from './sync/sync-options.ts'
