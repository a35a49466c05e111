import type { Digest } from '../model/digest.ts'
import { formatReference, parseReference, removeImage } from '../transports/index.ts'
import { interruptible } from './interruptible.ts'
import { openSession, type SessionOptions } from './session.ts'
import { says } from './sides.ts'

export interface DeleteResult {
  readonly reference: string
  /** Of what was deleted, where the place tells it. In a registry every tag of this digest is gone. */
  readonly digest?: Digest
}

/**
 * Deletes an image: the manifest that the name stands for in a registry; the entry of an OCI layout, and the blobs that nothing else
 * there names; the name in Docker or in containers' storage, and the image with its last one.
 *
 * How the place is reached is said for the destination.
 *
 * @throws LadingError `image-not-found`; `unsupported` where nothing is deleted, or the registry does not let it
 */
export async function deleteImage(reference: string, options: SessionOptions = {}): Promise<DeleteResult> {
  return await interruptible(options.signal, async () => {
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    await using session = openSession(options, () => {})
    const removed = await says('destination', name)(() => removeImage(parsed, session.context('destination')), 'delete')
    return { reference: name, ...removed }
  })
}
