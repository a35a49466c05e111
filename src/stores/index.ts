export { checkedStore } from './checked-store.ts'
export { compareKeys } from './key-order.ts'
export { leavesReceived } from './leaves-received.ts'
export { lendStore } from './lend-store.ts'
export { memoryStore } from './memory/memory-store.ts'
export type {
  CopyFromOptions,
  DeleteOptions,
  Deletion,
  FileUpload,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectOrigin,
  ObjectStore,
  PartToSend,
  PartUpload,
  PutOptions,
  Retention,
  StoredParts,
  UnfinishedUpload,
  Upload,
  UploadOptions,
} from './object-store.ts'
export { openStore, type StoreLocation } from './open-store.ts'
export { putDraft } from './put-draft.ts'
export { putNode } from './put-node.ts'
export type { CloudOptions, StoreContext } from './store-context.ts'
export { wrappedUpload } from './wrapped-upload.ts'
