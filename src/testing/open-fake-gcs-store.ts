import type { HttpClient } from '../http/index.ts'
import { checkedStore } from '../stores/checked-store.ts'
import { anonymous, type GcsCredentials } from '../stores/gcs/credentials.ts'
import { GcsClient } from '../stores/gcs/gcs-client.ts'
import { GcsStore } from '../stores/gcs/gcs-store.ts'
import type { ObjectStore } from '../stores/index.ts'

/** Opens the gs store at a fake, with credentials that a test decides. */
export function openFakeGcsStore(
  url: string,
  http: HttpClient,
  { prefix = '', credentials = anonymous() }: { readonly prefix?: string; readonly credentials?: GcsCredentials } = {},
): ObjectStore {
  const settings = { bucket: 'bucket', prefix, endpoint: url, emulated: false }
  return checkedStore(new GcsStore(settings, new GcsClient(http, credentials, 'bucket'), credentials.principal))
}
