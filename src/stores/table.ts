import type { StoreDriver } from './object-store.ts'
import type { StoreContext } from './store-context.ts'

/** Opens a store; what it needs is loaded now and not before. */
export type OpenDriver = (root: string, context: StoreContext) => Promise<StoreDriver>

/** Every scheme that a bucket's name can begin with. A new store is a folder and a line. */
export const stores: Readonly<Record<string, OpenDriver>> = {
  local: async root => (await import('./local/local-store.ts')).openLocalStore(root),
  s3: async (root, context) => (await import('./s3/open-s3-store.ts')).openS3Store(root, context),
  gs: async (root, context) => (await import('./gcs/open-gcs-store.ts')).openGcsStore(root, context),
  az: async (root, context) => (await import('./azure/azure-store.ts')).openAzureStore(root, context),
}
