import { choosePlatforms } from '../../copy/choose-root.ts'
import { createManifestReader } from '../../copy/manifest-reader.ts'
import { openSession, systemOf } from '../../copy/session.ts'
import { sourceSide } from '../../copy/sides.ts'
import type { Digest } from '../../model/digest.ts'
import { openSource, parseReference } from '../../transports/index.ts'
import type { ScannedImageOptions } from '../image-layout.ts'
import { type AttachedSbom, attachedSboms } from './attached-sboms.ts'
import type { SbomFormat } from './sbom-format.ts'

export interface FoundSbom {
  readonly reference: string
  /** The image that it is of: of an index the manifest of one platform. */
  readonly digest: Digest
  readonly platforms: readonly string[]
  readonly sbom: AttachedSbom
}

/**
 * The bill of materials that is attached to an image, or to the index that it is in. It is checked that it is about that image, and not who says so.
 *
 * @param format what it must be; any is taken where none is named
 * @returns `undefined` where there is none, or where it cannot be told before the image is read
 */
export async function findAttachedSbom(
  reference: string,
  format: SbomFormat | undefined,
  options: ScannedImageOptions,
): Promise<FoundSbom | undefined> {
  const { platform, signal, onEvent } = options
  const parsed = parseReference(reference)
  await using session = openSession(options, onEvent ?? (() => {}))
  await using opened = await openSource(parsed, session.context('source'))
  // a stream can be read once, and has nothing beside the image
  if (opened.traits.order === 'once') return undefined
  const source = sourceSide(opened)
  const reader = createManifestReader(source)
  const root = await source.resolve(signal)
  const wanted = platform ?? (root.kind === 'index' ? systemOf(options) : undefined)
  const matching = platform === undefined ? ('compatible' as const) : options.platformMatching
  const chosen =
    wanted === undefined
      ? { root, kept: [] }
      : await choosePlatforms(root, [wanted], source, reader, { matching }, signal)
  const warn = (message: string) => onEvent?.({ type: 'warning', message })
  const subject = { source, reader, root, image: chosen.root, signal, warn }
  for await (const sbom of attachedSboms(subject)) {
    if (format !== undefined && sbom.format !== format) continue
    return { reference: source.name, digest: chosen.root.digest, platforms: chosen.kept, sbom }
  }
  return undefined
}
