import type { TokenCredential } from '@azure/identity'
import type { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { StoreContext } from '../store-context.ts'
import { loadStorageSdk } from './load-sdk.ts'
import { openMachineIdentity } from './machine-identity.ts'
import { storageHttpClient } from './sdk-http.ts'
import type { AzureSettings } from './settings.ts'

export interface OpenAccount extends Disposable {
  readonly service: BlobServiceClient
}

/** The SDK's client of a storage account, speaking through our HTTP client. Nothing is asked yet. */
export async function openAccount(settings: AzureSettings, context: Pick<StoreContext, 'http'>): Promise<OpenAccount> {
  const { endpoint, account, credential } = settings
  const { BlobServiceClient, StorageSharedKeyCredential, newPipeline } = await loadStorageSdk()
  const options = { httpClient: storageHttpClient(context.http), retryOptions: { maxTries: 1 } }
  const open = (url: string, authority?: StorageSharedKeyCredential | TokenCredential) =>
    new BlobServiceClient(url, newPipeline(authority, options))
  switch (credential.kind) {
    case 'key': {
      const service = open(endpoint, new StorageSharedKeyCredential(account, credential.key))
      return { service, [Symbol.dispose]: () => {} }
    }
    case 'sas':
      return { service: open(`${endpoint}?${credential.token}`), [Symbol.dispose]: () => {} }
    case 'identity': {
      const identity = await openMachineIdentity(context)
      const service = open(endpoint, identity.credential)
      return { service, [Symbol.dispose]: () => identity[Symbol.dispose]() }
    }
  }
}
