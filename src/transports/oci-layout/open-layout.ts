import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromFileError } from '../../errors/index.ts'
import { digestParts } from '../../model/digest.ts'
import { type ObjectStore, openStore } from '../../stores/index.ts'
import { type BlobPlace, ownBlobs } from './layout-files.ts'

interface LayoutStores {
  readonly store: ObjectStore
  /** What holds the blobs: `store`, or the folder that layouts share. */
  readonly blobs: ObjectStore
  readonly place: BlobPlace
  close(): Promise<void>
}

/** A layout is files under a directory, written as a bucket's objects are: whole, durable, and index.json by compare-and-swap. */
export function openLayoutStore(path: string): Promise<ObjectStore> {
  return openStore({ scheme: 'local', root: path })
}

/** With a shared folder all blobs of a layout, manifests too, are in that one and nowhere else, as FOLDER/<algorithm>/<hex>. */
export async function openLayoutStores(path: string, sharedBlobDir: string | undefined): Promise<LayoutStores> {
  const store = await openLayoutStore(path)
  if (sharedBlobDir === undefined) {
    return { store, blobs: store, place: ownBlobs, close: async () => await store[Symbol.asyncDispose]() }
  }
  const blobs = await openLayoutStore(sharedBlobDir)
  return {
    store,
    blobs,
    place: {
      keyOf(digest) {
        const { algorithm, hex } = digestParts(digest)
        return `${algorithm}/${hex}`
      },
      absentHint: `the layout's blobs were looked for in the shared folder ${sharedBlobDir} alone`,
    },
    async close() {
      await Promise.all([store[Symbol.asyncDispose](), blobs[Symbol.asyncDispose]()])
    },
  }
}

/** image-layout.md: a layout has a folder `blobs`, which may be empty. */
export async function makeBlobsFolder(path: string): Promise<void> {
  const folder = join(path, 'blobs')
  await mkdir(folder, { recursive: true }).catch(error => {
    throw fromFileError(error, { operation: 'make a folder', subject: folder })
  })
}
