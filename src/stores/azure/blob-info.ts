import { LadingError } from '../../errors/index.ts'
import type { ObjectInfo } from '../object-store.ts'

/** What the answers to all questions about one blob have in common. */
interface BlobHeaders {
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
  readonly accessTier?: string | undefined
}

/** Etags without quotes everywhere: listings give them so, headers do not. */
export function blobInfo(key: string, size: number, { etag, lastModified, accessTier }: BlobHeaders): ObjectInfo {
  // An object of no time would be the oldest of all.
  if (lastModified === undefined) throw new LadingError('protocol-error', 'Azure does not say when it was written')
  return {
    key,
    size,
    modified: lastModified,
    ...(accessTier === undefined ? {} : { storageClass: accessTier }),
    ...(etag === undefined ? {} : { etag: etag.replace(/^"(.*)"$/, '$1') }),
  }
}

interface Conditions {
  ifMatch?: string
  ifNoneMatch?: string
}

/** A condition as its header wants it: RFC 9110 has etags in quotes. */
export function conditionsOf(options: { readonly ifMatch?: string; readonly ifNoneMatch?: '*' }): Conditions {
  return {
    ...(options.ifMatch === undefined ? {} : { ifMatch: `"${options.ifMatch}"` }),
    ...(options.ifNoneMatch === undefined ? {} : { ifNoneMatch: options.ifNoneMatch }),
  }
}
