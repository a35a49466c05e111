import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { planCopy } from './plan.ts'

type Changes = Pick<CopyOptions, 'format' | 'recompress' | 'encryptionKeys' | 'decryptionKeys'>

/**
 * Lets by a sparse index whose manifests arrive as they are: it could not keep its bytes otherwise.
 *
 * @throws LadingError `unsupported`
 */
export function requireUnchanged(
  source: Pick<ImageSource, 'traits'>,
  { format, recompress, encryptionKeys = [], decryptionKeys = [] }: Changes,
): void {
  const why = source.traits.unpacked
    ? 'layers are compressed on the way'
    : recompress !== undefined
      ? 'layers shall be compressed otherwise'
      : format !== undefined
        ? `manifests shall have the format ${format}`
        : encryptionKeys.length + decryptionKeys.length > 0
          ? 'layers are encrypted or decrypted'
          : undefined
  if (why === undefined) return
  throw new LadingError('unsupported', `an index that keeps its bytes cannot be copied where ${why}`, {
    hint: 'leave --sparse-index, or --multi-arch index-only, out',
  })
}

/**
 * Lets by a sparse index where the destination has all that is not copied with it, each with everything below it.
 *
 * @throws LadingError `unsupported`, naming the first that is not there
 */
export async function requireThere(
  absent: readonly Node[],
  destination: ImageDestination,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const entry of absent) {
    const missing = (node: Node) => {
      const what = node.digest === entry.digest ? node.digest : `the ${node.kind} ${node.digest} of ${entry.digest}`
      return new LadingError('unsupported', `it would keep an index that names what it does not have: ${what}`, {
        operation: 'plan',
        side: 'destination',
        subject: destination.name,
        hint: 'copy those platforms there too, or choose with --platform alone: then the index names only what is copied',
      })
    }
    if (entry.kind === 'blob') {
      if (!(await destination.has(entry, signal))) throw missing(entry)
      continue
    }
    const { nodes } = await planCopy(entry, readsNothing(missing), destination, { signal })
    const first = [...nodes.values()].find(({ action }) => action === 'copy')
    if (first !== undefined) throw missing(first.node)
  }
}

/** A manifest that the destination does not have is one that is missing. */
function readsNothing(missing: (node: Node) => LadingError): ManifestReader {
  return {
    read: node => Promise.reject(missing(node)),
    remember() {},
    made() {},
    known: () => undefined,
  }
}
