export { type ByteRange, type ByteStream, type Bytes, bytesOf } from './byte-stream.ts'
export { createDraft, type Draft } from './draft.ts'
export { readAll } from './read-all.ts'
export { verify } from './verify.ts'
