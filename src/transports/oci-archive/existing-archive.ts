import { stat } from 'node:fs/promises'
import { fromFileError, isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import { openArchive } from '../archive/open-archive.ts'
import type { Entry } from '../oci-layout/layout-entries.ts'
import { readLayoutIndex } from '../oci-layout/layout-index.ts'
import { type ArchivedLayout, seekableLayout } from './archived-layout.ts'

/** What stands where an archive is to be written. It stays readable when another file takes its place. */
export interface ExistingArchive extends AsyncDisposable {
  /** Whether there is a file at all. */
  readonly present: boolean
  readonly entries: readonly Entry[]
  readonly layout?: ArchivedLayout
}

/** @throws LadingError `bad-archive` where there is a file that is not such an archive: nothing else is replaced */
export async function openExistingArchive(path: string, signal?: AbortSignal): Promise<ExistingArchive> {
  const size = await sizeOf(path)
  // An empty file is what mktemp(1) makes for whoever writes to it.
  if (size === undefined || size === 0)
    return { present: size === 0, entries: [], [Symbol.asyncDispose]: async () => {} }
  const archive = await openArchive(path)
  const close = () => archive[Symbol.asyncDispose]()
  try {
    if (archive.kind === 'arriving') {
      // Compressed: that it is an archive is seen at its first entry; what it holds would take reading all of it.
      for await (const _ of archive.entries(signal)) break
      return { present: true, entries: [], [Symbol.asyncDispose]: close }
    }
    const layout = seekableLayout(archive)
    const index = await readLayoutIndex(layout, signal)
    if (index === undefined) throw new LadingError('bad-archive', 'it has no index.json')
    return { present: true, entries: index.document.manifests, layout, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    if (!isLadingError(error, 'bad-archive', 'bad-layout', 'bad-compression', 'too-large')) throw error
    throw new LadingError('bad-archive', `what is there is not an OCI archive: ${error.message}`, {
      hint: 'remove it, or choose another path: only an OCI archive is replaced',
      cause: error,
    })
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileError(error, { operation: 'read', subject: path })
  }
}
