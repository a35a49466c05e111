import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob'
import type { Retention } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { isRefusal } from './refusal.ts'

/**
 * What account and container say. Versioning is told to Azure's management API alone, but a container whose versions are locked has it on.
 * Of a retention policy the container says only that there is one.
 */
export async function readRetention(
  service: BlobServiceClient,
  container: ContainerClient,
  signal: AbortSignal | undefined,
): Promise<Retention> {
  const [kept, deleted] = await Promise.all([
    whereAllowed(() => container.getProperties(abortable(signal))),
    whereAllowed(() => service.getProperties(abortable(signal))),
  ])
  const isLocked = kept?.hasImmutabilityPolicy || kept?.hasLegalHold || kept?.isImmutableStorageWithVersioningEnabled
  const policy = deleted?.deleteRetentionPolicy
  return {
    versions: kept?.isImmutableStorageWithVersioningEnabled ? 'on' : undefined,
    lockedDays: kept === undefined || isLocked ? undefined : 0,
    softDeleteDays: deleted === undefined ? undefined : policy?.enabled ? policy.days : 0,
  }
}

/** Keys may ask all of this; a SAS or an identity that is given the container's objects may not. */
async function whereAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isRefusal(error) && [401, 403].includes(error.statusCode ?? 0)) return undefined
    throw error
  }
}
