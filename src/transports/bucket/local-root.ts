import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { isGlob } from '../../layout/index.ts'

/** A local path, split into the bucket's directory and what follows it. */
export interface LocalRoot {
  readonly root: string
  /** An image name; of a locator also a prefix, a glob or nothing. */
  readonly path: string
  /** Whether the directory is a store already. */
  readonly exists: boolean
}

/** What makes a directory a store. */
const marks = ['s3lo.yaml', 'manifests', 'blobs']
const absent: readonly string[] = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']

export async function isStoreDirectory(directory: string): Promise<boolean> {
  for (const mark of marks) {
    try {
      await stat(join(directory, mark))
      return true
    } catch (error) {
      if (absent.includes(systemCode(error) ?? '')) continue
      throw fromFileError(error, { operation: 'open bucket', subject: directory })
    }
  }
  return false
}

/**
 * Finds the root of a local path that has no `//`: of the directories on the path that are stores, the shortest. The search begins
 * one component behind a leading run of `./` and `../`: many a project has a directory `manifests/`, and is no store for it.
 *
 * `what` an image needs a name behind the root, a bucket does not.
 *
 * @throws LadingError `bucket-not-found` where no directory on the path is a store and none can be made without guessing
 */
export async function findLocalRoot(path: string, what: 'image' | 'bucket'): Promise<LocalRoot> {
  const lead = /^(?:\/+|(?:\.{1,2}\/+)*)/.exec(path)?.[0] ?? ''
  const components = path.slice(lead.length).replace(/\/$/, '').split('/')
  const split = (count: number) => ({
    root: lead + components.slice(0, count).join('/'),
    path: components.slice(count).join('/') + (path.endsWith('/') && count < components.length ? '/' : ''),
  })
  const last = what === 'image' ? components.length - 1 : components.length
  for (let count = 1; count <= last && !isGlob(components[count - 1] ?? ''); count++) {
    if (await isStoreDirectory(split(count).root)) return { ...split(count), exists: true }
  }
  const fresh = split(1)
  const oneComponent = what === 'bucket' || components.length === 2
  if (!lead.startsWith('/') && oneComponent && last > 0) return { ...fresh, exists: false }
  throw new LadingError('bucket-not-found', `no directory on the path ${path} is a bucket`, {
    operation: 'open bucket',
    subject: `local://${path}`,
    hint:
      components.length < 2 && what === 'image'
        ? 'an image stands in a bucket: write local://DIR/IMAGE:TAG'
        : 'make the bucket with `lading init --local DIR`, or mark where its directory ends: local://DIR//IMAGE:TAG',
  })
}
