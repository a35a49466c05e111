export { type PartBuffer, PartBuffers } from './part-buffers.ts'
export { partSizeFor } from './part-size.ts'
