import type { Access } from '../../auth/index.ts'
import { isLadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import type { BlobAddress } from './blobs.ts'
import { sessionOf, type UploadSession, uploadsPath } from './upload-session.ts'

/**
 * Takes a blob from another repository of the same registry: distribution specification, "Mounting a blob from another repository".
 *
 * @returns the upload that a registry begins where it does not mount; `undefined` where it will hear of neither
 */
export async function mountBlob(
  address: BlobAddress,
  blob: Descriptor,
  from: string,
  signal: AbortSignal | undefined,
): Promise<'mounted' | UploadSession | undefined> {
  const { client, access } = address
  // Of the repository itself the token for writing says enough.
  const readable: readonly Access[] = from === access.repository ? [] : [{ repository: from, actions: 'pull' }]
  const query = new URLSearchParams({ mount: blob.digest, from })
  let response: HttpResponse
  try {
    response = await client.session.request({
      method: 'POST',
      target: `${uploadsPath(address)}?${query}`,
      access: [access, ...readable],
      idempotent: true,
      signal,
    })
  } catch (error) {
    // The token server gives nothing for the other repository.
    if (isLadingError(error, 'unauthorized', 'denied')) return undefined
    throw error
  }
  if (response.status === 202) return sessionOf(address, response)
  await response.discard()
  // Refused, whatever the reason: uploading it will work, or fail with a better message.
  return response.status === 201 ? 'mounted' : undefined
}
