import path from 'node:path'
import { LadingError } from '../../errors/index.ts'
import { flawOfFileName } from '../../model/file-name.ts'
import { bucketSchemes, formatReference, parseReference } from '../../transports/index.ts'
import type { SyncOptions } from './sync-options.ts'

type Naming = Pick<SyncOptions, 'to' | 'scoped' | 'appendSuffix'>

/**
 * What an image of this name is called below a destination, as skopeo-sync(1) calls it.
 *
 * @throws LadingError `bad-argument` where it cannot be told what the destination is, and `bad-reference` where it has no such name
 */
export function destinationName(
  destination: string,
  { to, scoped, appendSuffix = '' }: Naming,
): (name: string) => string {
  const below = namesBelow(destination, to)
  return name => {
    const text = below(`${scoped ? name : path.posix.basename(name)}${appendSuffix}`)
    return to === 'docker' || text.startsWith('docker://')
      ? `docker://${formatReference(parseReference(text))}`
      : formatReference(parseReference(text))
  }
}

/** A directory has images alone: signatures have a tag, and are copied as what has a tag. */
export function holdsNoAttachments(destination: string, { to }: Pick<Naming, 'to'>): boolean {
  return (to ?? kindOf(destination)) === 'dir'
}

function namesBelow(destination: string, to: SyncOptions['to']): (name: string) => string {
  const without = (prefix: string) => (destination.startsWith(prefix) ? destination.slice(prefix.length) : destination)
  const kind = to ?? kindOf(destination)
  switch (kind) {
    case 'docker':
      return name => `docker://${path.posix.join(without('docker://'), name)}`
    case 'dir':
      return name => `dir:${path.join(without('dir:'), onThisSystem(name))}`
    case 'oci':
      return name => `oci:${without('oci:')}:${name}`
    // a double slash marks where a bucket's root ends
    default:
      return name => `${destination}${destination.endsWith('/') ? '' : '/'}${name}`
  }
}

/** skopeo names the directory of an image `app:v1`. */
function onThisSystem(name: string): string {
  for (const part of name.split('/')) {
    const flaw = flawOfFileName(part)
    if (flaw === undefined) continue
    throw new LadingError('unsupported', `on Windows no directory can be named ${JSON.stringify(part)}: ${flaw}`, {
      hint: 'sync to an oci: layout or a bucket (local://…), which hold names otherwise',
    })
  }
  return name
}

function kindOf(destination: string): 'docker' | 'dir' | 'oci' | 'bucket' {
  if (destination.startsWith('docker://')) return 'docker'
  if (destination.startsWith('dir:')) return 'dir'
  if (destination.startsWith('oci:')) return 'oci'
  if (bucketSchemes.some(scheme => destination.startsWith(`${scheme}://`))) return 'bucket'
  throw new LadingError('bad-argument', `what ${JSON.stringify(destination)} is has to be said`, {
    hint: 'with --dest docker, dir or oci; or write docker://REGISTRY, dir:PATH, oci:PATH, or a bucket like s3://BUCKET/',
  })
}
