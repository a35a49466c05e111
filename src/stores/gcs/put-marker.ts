import { randomUUID } from 'node:crypto'
import type { ObjectResource } from './object-resource.ts'

/**
 * A name for one put, kept in the object's metadata. An answer may be lost after Google did what was asked; the second attempt is
 * then told that its condition does not hold, or that the upload is not there. The marker says whose object it is that is.
 */
export interface PutMarker {
  readonly id: string
  readonly metadata: Readonly<Record<string, string>>
  /** The object, where it is the one that this put wrote. */
  ours(found: ObjectResource | undefined): ObjectResource | undefined
}

const field = 'lading-put'

export function putMarker(): PutMarker {
  const id = randomUUID()
  return {
    id,
    metadata: { [field]: id },
    ours: found => (found?.metadata?.[field] === id ? found : undefined),
  }
}
