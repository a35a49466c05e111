export { type InitStoreOptions, type InitStoreResult, initStore } from './init-store.ts'
export { type ListedImage, type ListImagesOptions, listImages } from './list-images.ts'
