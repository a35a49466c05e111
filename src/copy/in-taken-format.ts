import { isLadingError, LadingError } from '../errors/index.ts'
import { formatOfManifest, isSchema1Type, type ManifestFormat } from '../model/media-types.ts'
import type { ImageSource } from '../transports/index.ts'
import { attaching } from './attachments/attachment-error.ts'
import type { OpenedResult } from './copy-opened.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyListener } from './events.ts'

/**
 * Copies an image as it is, and where the destination refuses its manifest for what it is, in another format. What was moved
 * before stays there, and is not moved again.
 *
 * A source that is read once is copied once: then the format has to be named.
 *
 * @throws LadingError `manifest-refused`, with all that was tried
 */
export async function inTakenFormat(
  source: ImageSource,
  options: CopyOptions,
  listen: CopyListener,
  copy: (options: CopyOptions) => Promise<OpenedResult>,
): Promise<OpenedResult> {
  let refusal: LadingError
  try {
    return await copy(options)
  } catch (error) {
    if (!isLadingError(error, 'manifest-refused') || options.format !== undefined) throw error
    // another format of the image does not help what is attached to it
    if (error.operation === attaching) throw error
    if (options.index === 'sparse' || options.index === 'alone') throw error
    if (options.preserveDigests || source.traits.order === 'once') throw error.with({ hint: formatHint })
    refusal = error
  }
  const { first, others } = await formatsToTry(source, options.signal)
  const tried = [`${first} (${refusal.message})`]
  for (const format of others) {
    listen({ type: 'warning', message: `${refusal.message}: trying ${format}` })
    try {
      const result = await copy({ ...options, format })
      const why = `the destination does not take ${first}`
      return { ...result, rewritten: [result.rewritten, why].filter(Boolean).join('; ') }
    } catch (error) {
      if (!isLadingError(error, 'manifest-refused', 'unsupported', 'bad-argument')) throw error
      tried.push(`${format} (${error.message})`)
    }
  }
  throw new LadingError('manifest-refused', `no format of the manifest was taken. Tried: ${tried.join(', ')}`, {
    side: 'destination',
    operation: 'commit',
    ...(refusal.subject === undefined ? {} : { subject: refusal.subject }),
    cause: refusal,
  })
}

/** What the image was written as when no format was named, and what is left, schema 1 last: it says least of an image. */
async function formatsToTry(
  source: ImageSource,
  signal: AbortSignal | undefined,
): Promise<{ readonly first: string; readonly others: readonly ManifestFormat[] }> {
  const { mediaType, kind } = await source.resolve(signal)
  // what is found in schema 1 becomes schema 2
  const own = isSchema1Type(mediaType) ? 'v2s2' : formatOfManifest(mediaType)
  const other = own === 'oci' ? 'v2s2' : 'oci'
  if (kind !== 'index') return { first: own ?? mediaType, others: [other, 'v2s1'] }
  // An index may name manifests of both families, and one of them alone may be refused.
  return { first: 'what it is', others: [other, other === 'oci' ? 'v2s2' : 'oci', 'v2s1'] }
}

const formatHint = 'name another format with --format, like --format v2s2'
