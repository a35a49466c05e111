import { LadingError } from '../../errors/index.ts'
import {
  type ImageDestination,
  type ImageSource,
  openDestination,
  openSource,
  type Reference,
} from '../../transports/index.ts'
import type { Session } from '../session.ts'
import { destinationSide, sourceSide } from '../sides.ts'

/** A place where something can be attached to images, open for both. */
export interface SignablePlace extends AsyncDisposable {
  readonly source: ImageSource
  readonly destination: ImageDestination
}

/** @throws LadingError `unsupported` where nothing can be attached */
export async function openSignable(reference: Reference, name: string, session: Session): Promise<SignablePlace> {
  // one side: what is said of the destination's server, cloud and folders counts for both
  const context = session.context('destination')
  const source = sourceSide(await openSource(reference, context))
  try {
    if (source.attachments === undefined) throw nothingAttached(name)
    const destination = destinationSide(await openDestination(reference, context))
    return {
      source,
      destination,
      async [Symbol.asyncDispose]() {
        await destination[Symbol.asyncDispose]()
        await source[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}

/** Places that hold an image and nothing beside it. */
export function nothingAttached(name: string): LadingError {
  return new LadingError('unsupported', 'there is no place for signatures beside this image', {
    subject: name,
    hint: 'signatures are kept in registries, buckets and oci: layouts: copy it to one of those first',
  })
}
