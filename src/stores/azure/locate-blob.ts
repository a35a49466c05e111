import type { BlobClient } from '@azure/storage-blob'
import { loadStorageSdk } from './load-sdk.ts'
import type { AzureSettings } from './settings.ts'

/** How long such a URL holds. Who needs it for longer asks for another. */
const lifetimeMs = 60 * 60 * 1000

/** A blob's URL with a signature that lets whoever has it read the blob for an hour, where the credential can make or already is one. */
export async function locateBlob(
  blob: BlobClient,
  credential: AzureSettings['credential'],
): Promise<string | undefined> {
  if (credential.kind === 'sas') return blob.url
  if (credential.kind === 'identity') return undefined
  const { BlobSASPermissions } = await loadStorageSdk()
  const permissions = BlobSASPermissions.from({ read: true })
  return await blob.generateSasUrl({ permissions, expiresOn: new Date(Date.now() + lifetimeMs) })
}
