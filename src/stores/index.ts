export { checkedStore } from './checked-store.ts'
export { compareKeys } from './key-order.ts'
export { memoryStore } from './memory/memory-store.ts'
export type {
  DeleteOptions,
  GetOptions,
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  PutOptions,
} from './object-store.ts'
export { openStore, type StoreLocation } from './open-store.ts'
export { putContent } from './put-content.ts'
