import type { TokenCredential } from '@azure/identity'
import type { BlobServiceClient } from '@azure/storage-blob'
import type { StoreContext } from '../store-context.ts'
import { loadIdentitySdk, loadPipelineSdk, loadStorageSdk } from './load-sdk.ts'
import { identityHttpClient, storageHttpClient } from './sdk-http.ts'
import type { AzureCredential, AzureSettings } from './settings.ts'

/** The SDK's client of a storage account, speaking through our HTTP client. Nothing is asked yet. */
export async function openAccount(
  { endpoint, account, credential }: AzureSettings,
  context: Pick<StoreContext, 'http'>,
): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential, newPipeline } = await loadStorageSdk()
  const authority =
    credential.kind === 'key'
      ? new StorageSharedKeyCredential(account, credential.key)
      : await identityFor(credential, context)
  const pipeline = newPipeline(authority, {
    httpClient: storageHttpClient(context.http),
    retryOptions: { maxTries: 1 },
  })
  return new BlobServiceClient(credential.kind === 'sas' ? `${endpoint}?${credential.token}` : endpoint, pipeline)
}

async function identityFor(
  credential: AzureCredential,
  { http }: Pick<StoreContext, 'http'>,
): Promise<TokenCredential | undefined> {
  if (credential.kind !== 'identity') return undefined
  const [{ DefaultAzureCredential }, { createHttpHeaders }] = await Promise.all([loadIdentitySdk(), loadPipelineSdk()])
  return new DefaultAzureCredential({
    httpClient: identityHttpClient(http, createHttpHeaders),
    retryOptions: { maxRetries: 0 },
  })
}
