import type { _Object as S3Object } from '@aws-sdk/client-s3'
import { LadingError } from '../../errors/index.ts'
import { createPageCheck } from '../ending-listing.ts'
import { compareKeys } from '../key-order.ts'
import type { ListEntry, ListOptions } from '../object-store.ts'
import { bareEtag } from './etag.ts'
import { usualClass } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'

/** What S3 gives at most. */
const pageKeys = 1000

export async function* listObjects(
  connection: S3Connection,
  prefix: string,
  { delimiter, startAfter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const { settings } = connection
  const checkPage = createPageCheck()
  let token: string | undefined
  do {
    const { output } = await connection.call({ permission: 's3:ListBucket', signal }, (s3, options) =>
      s3.listObjectsV2(
        {
          ...connection.inBucket(),
          Prefix: settings.prefix + prefix,
          MaxKeys: pageKeys,
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(startAfter === undefined ? {} : { StartAfter: settings.prefix + startAfter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        },
        options,
      ),
    )
    const objects = (output.Contents ?? []).flatMap(object => objectEntry(object, settings.prefix))
    const prefixes = (output.CommonPrefixes ?? []).flatMap(({ Prefix }) => prefixEntry(Prefix, settings.prefix))
    // Each of the two is in order, and their union must be.
    yield* [...objects, ...prefixes].sort((a, b) => compareKeys(nameOf(a), nameOf(b)))
    checkPage(objects.length + prefixes.length)
    token = output.IsTruncated ? output.NextContinuationToken : undefined
  } while (token !== undefined)
}

function objectEntry({ Key, Size, ETag, LastModified, StorageClass }: S3Object, root: string): ListEntry[] {
  if (Key === undefined) return []
  // An object of no time would be the oldest of all, and no size is not the size 0.
  if (Size === undefined || LastModified === undefined || Number.isNaN(LastModified.getTime())) {
    throw new LadingError('protocol-error', 'the server lists an object without its size or time')
  }
  const etag = bareEtag(ETag)
  const info = {
    key: Key.slice(root.length),
    size: Size,
    ...(etag === undefined ? {} : { etag }),
    modified: LastModified,
    storageClass: StorageClass ?? usualClass,
  }
  return [{ kind: 'object', info }]
}

function prefixEntry(prefix: string | undefined, root: string): ListEntry[] {
  return prefix === undefined ? [] : [{ kind: 'prefix', prefix: prefix.slice(root.length) }]
}

function nameOf(entry: ListEntry): string {
  return entry.kind === 'object' ? entry.info.key : entry.prefix
}
