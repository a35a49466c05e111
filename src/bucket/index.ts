export type { ConfigReport, EffectiveSetting, EffectiveSettings, EntrySettings } from './config-report.ts'
export { type ChangeConfigResult, type ConfigOptions, changeConfig, readConfig } from './configure.ts'
export { type InitStoreOptions, type InitStoreResult, initStore } from './init-store.ts'
export { type ListedImage, type ListImagesOptions, listImages } from './list-images.ts'
