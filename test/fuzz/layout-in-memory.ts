import { LadingError } from '../../src/errors/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { currentDigest, entryNames, findEntry } from '../../src/transports/oci-layout/layout-entries.ts'
import type { LayoutFiles } from '../../src/transports/oci-layout/layout-files.ts'
import { readLayoutIndex } from '../../src/transports/oci-layout/layout-index.ts'

export function layoutFilesOf(files: Readonly<Record<string, Uint8Array>>): LayoutFiles {
  return {
    async get(key) {
      const bytes = files[key]
      if (bytes === undefined) throw new LadingError('blob-not-found', `there is no ${key}`)
      return { info: { size: bytes.byteLength }, body: bytesOf(bytes).open() }
    },
  }
}

/** All that is read of a layout before its blobs. */
export async function readLayout(files: LayoutFiles): Promise<void> {
  const entries = (await readLayoutIndex(files))?.document.manifests ?? []
  entryNames(entries)
  currentDigest(entries, 'v1')
  findEntry(entries, { name: 'v1' }, 'oci:')
}
