import type { StoreDriver } from '../object-store.ts'
import type { StoreContext } from '../store-context.ts'
import { anonymous } from './credentials.ts'
import { findCredentials } from './find-credentials.ts'
import { GcsClient } from './gcs-client.ts'
import { GcsStore } from './gcs-store.ts'
import { readSettings } from './settings.ts'

/**
 * Opens a bucket of Google Cloud Storage.
 *
 * @param root `bucket` or `bucket/prefix`
 * @throws LadingError `bad-reference`, `bad-argument`, `bad-auth-file`, `unsupported`
 */
export async function openGcsStore(root: string, context: StoreContext): Promise<StoreDriver> {
  const settings = readSettings(root, context)
  const http = await context.http()
  const { environment } = context
  const credentials = settings.emulated
    ? anonymous(environment.GOOGLE_CLOUD_QUOTA_PROJECT || undefined)
    : await findCredentials(environment, http)
  return new GcsStore(settings, new GcsClient(http, credentials, settings.bucket), credentials.principal)
}
