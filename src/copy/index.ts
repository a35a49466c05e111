export { type CopyOptions, type CopyResult, copyImage, type PlanEntry } from './copy-image.ts'
export type { CopyEvent, CopyListener } from './events.ts'
export { type ImageDescription, inspectImage, type PlatformDescription } from './inspect-image.ts'
export type { SessionOptions } from './session.ts'
