import { stat } from 'node:fs/promises'
import { fromFileError, isLadingError, systemCode } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { openArchive } from '../archive/open-archive.ts'
import { type ResolvedImage, resolveArchive } from '../docker-image/resolve-archive.ts'
import { seekableFiles } from '../docker-image/seekable-files.ts'

/** The archive that stands where another one is to be written. */
export interface ExistingArchive {
  /** Of the manifest that reading it gives. */
  readonly digest?: Digest | undefined
  /** Of the config of the image that every wanted name stands for. */
  readonly config?: Digest | undefined
}

/**
 * Looks at what is at the path; `undefined` where nothing is, or an empty file, which stands for no archive.
 *
 * @param names in full; without any, the only image of the archive is meant
 */
export async function readExistingArchive(
  path: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ExistingArchive | undefined> {
  if ((await sizeOf(path)) === 0) return undefined
  try {
    await using archive = await openArchive(path)
    // What is compressed could be told only by reading all of it.
    if (archive.kind !== 'seekable') return {}
    const files = seekableFiles(archive.file, await archive.index(signal))
    const wanted = names.length === 0 ? [undefined] : names
    const images: (ResolvedImage | undefined)[] = []
    for (const name of wanted) images.push(await tryResolve(() => resolveArchive(files, { name }, signal)))
    const [first] = images
    return {
      digest: first?.root.digest,
      config: images.every(image => image?.config === first?.config) ? first?.config : undefined,
    }
  } catch (error) {
    // Another kind of file: it is there, and what it holds is not for us to say.
    if (isLadingError(error, 'bad-archive')) return {}
    throw error
  }
}

async function tryResolve(resolve: () => Promise<ResolvedImage>): Promise<ResolvedImage | undefined> {
  try {
    return await resolve()
  } catch (error) {
    if (isLadingError(error, 'bad-archive', 'image-not-found', 'unsupported')) return undefined
    throw error
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0
    throw fromFileError(error, { operation: 'open', subject: path })
  }
}
