export { type PartBuffer, PartBuffers } from './part-buffers.ts'
export { partSizeFor } from './part-size.ts'
export { worthProgressBytes } from './upload-progress.ts'
