import type { HttpClient } from '../http/index.ts'
import { checkedStore } from '../stores/checked-store.ts'
import { anonymous, type GcsCredentials } from '../stores/gcs/credentials.ts'
import { GcsClient } from '../stores/gcs/gcs-client.ts'
import { GcsStore } from '../stores/gcs/gcs-store.ts'
import type { ObjectStore } from '../stores/index.ts'

/** Small parts, so that tests are quick: the least that Google takes. */
export const fakePartBytes = 5 * 1024 * 1024

/** Opens the gs store at a fake, with credentials that a test decides. */
export function openFakeGcsStore(
  url: string,
  http: HttpClient,
  { prefix = '', credentials = anonymous() }: { readonly prefix?: string; readonly credentials?: GcsCredentials } = {},
): ObjectStore {
  const settings = { bucket: 'bucket', prefix, endpoint: url, emulated: false }
  const client = new GcsClient(http, credentials, settings.bucket)
  return checkedStore(new GcsStore(settings, client, credentials.principal, fakePartBytes))
}
