import { isLadingError, LadingError } from '../errors/index.ts'
import { formatOfManifest, type ManifestFormat } from '../model/media-types.ts'
import type { ImageSource } from '../transports/index.ts'
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
    if (options.index === 'sparse' || options.index === 'alone') throw error
    if (options.preserveDigests || source.traits.order === 'once') throw error.with({ hint: formatHint })
    refusal = error
  }
  const { mediaType, kind } = await source.resolve(options.signal)
  const own = formatOfManifest(mediaType)
  const others: readonly ManifestFormat[] = kind === 'index' ? ['oci', 'v2s2'] : ['oci', 'v2s2', 'v2s1']
  const tried = [`${own ?? mediaType} (${refusal.message})`]
  for (const format of others.filter(one => one !== own)) {
    listen({ type: 'warning', message: `${refusal.message}: trying ${format}` })
    try {
      const result = await copy({ ...options, format })
      const why = `the destination does not take ${own ?? mediaType}`
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

const formatHint = 'name another format with --format, like --format v2s2'
